use super::{Flag, Spec, Takes};

impl Spec {
    /// How the command is written where commands have this prefix: `/lock ENV --reason TEXT [--until TIME]`.
    pub fn usage(&self, prefix: &str) -> String {
        let parameters = self.parameters.iter().map(|it| optional(it.required, it.name.to_owned()));
        let flags = self.flags.iter().map(|flag| optional(flag.required, flag.form()));
        let name = format!("/{prefix}{}", self.name);
        [name].into_iter().chain(parameters).chain(flags).collect::<Vec<_>>().join(" ")
    }

    /// An example of it.
    pub fn example(&self, prefix: &str) -> String {
        format!("/{prefix}{} {}", self.name, self.example).trim_end().to_owned()
    }
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
            Self::Environment | Self::Place => "ENV",
            Self::Code => "CODE",
            Self::Commit => "SHA",
            Self::Revision => "SHA|#N",
            Self::Subject => "ENV|SHA|#N",
            Self::Command => "COMMAND",
            Self::Reason | Self::Text | Self::Words => "TEXT",
            Self::Time => "TIME",
        }
    }
}
