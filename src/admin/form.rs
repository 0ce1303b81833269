//! In which form `ftpwho` and `ftpcount` answer.

/// What `-o` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For people.
    Plain,
    /// For people: each thing on one line.
    OneLine,
    /// As ProFTPD's early releases had it.
    Compat,
    /// One object.
    Json,
    /// For a monitor.
    Prometheus,
}

impl Form {
    /// Of the word that was given, if it is one of these; Err is the sentence for it.
    pub fn read(word: Option<&str>, known: &[Form]) -> Result<Form, String> {
        let Some(word) = word else { return Ok(Form::Plain) };
        let is_it = |form: &&Form| form.word() == Some(word);
        known.iter().find(is_it).copied().ok_or_else(|| format!("unknown outform value: '{word}'"))
    }

    fn word(self) -> Option<&'static str> {
        match self {
            Form::Plain => None,
            Form::OneLine => Some("oneline"),
            Form::Compat => Some("compat"),
            Form::Json => Some("json"),
            Form::Prometheus => Some("prometheus"),
        }
    }
}
