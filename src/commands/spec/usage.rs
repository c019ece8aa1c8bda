use super::{Flag, Spec, Takes};

impl Spec {
    /// How the command is written where commands have this prefix: `/lock ENV --reason TEXT [--until TIME]`.
    pub fn usage(&self, prefix: &str) -> String {
        format!("/{prefix}{}", form(self))
    }

    /// An example of it.
    pub fn example(&self, prefix: &str) -> String {
        format!("/{prefix}{} {}", self.name, self.example).trim_end().to_owned()
    }
}

/// How a command is written behind the slash.
pub(super) fn form(spec: &Spec) -> String {
    let parameters = spec.parameters.iter().map(|it| optional(it.required, it.name.to_owned()));
    let flags = spec.flags.iter().map(|flag| optional(flag.required, flag.form()));
    let parts: Vec<_> = [spec.name.to_owned()].into_iter().chain(parameters).chain(flags).collect();
    parts.join(" ")
}

fn optional(is_required: bool, text: String) -> String {
    if is_required { text } else { format!("[{text}]") }
}

impl Flag {
    /// How it is written: `--until TIME`.
    pub fn form(&self) -> String {
        match self.takes {
            None => format!("--{}", self.name),
            Some(takes) => format!("--{} {}", self.name, takes.placeholder()),
        }
    }
}

impl Takes {
    /// What usage shows in the place of a value.
    pub(super) fn placeholder(self) -> &'static str {
        match self {
            Self::Environment => "ENV",
            Self::Code => "CODE",
            Self::Commit => "SHA",
            Self::Revision => "SHA|#N",
            Self::Subject => "ENV|SHA|#N",
            Self::Command => "COMMAND",
            Self::Reason | Self::Text => "TEXT",
            Self::Time => "TIME",
        }
    }
}
