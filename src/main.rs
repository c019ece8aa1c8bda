//! The command line.

fn main() -> std::process::ExitCode {
    towpath::cli::main()
}
