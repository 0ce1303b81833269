//! `%{env:NAME}`, `%{define:NAME}` and `%{config-dir}` in values: replaced as the file is read. Other `%{…}` belong to messages and
//! logs, and stay.

use std::collections::HashMap;
use std::path::Path;

/// What names stand for.
#[derive(Debug)]
pub struct Variables {
    /// The folder of the main configuration file, absolute.
    pub config_dir: String,
    /// `Define` and `-D`.
    pub defines: HashMap<String, Option<String>>,
    /// Whether none has a value: who wrote the file may not learn it.
    are_none: bool,
}

const CONFIG_DIR: &str = "%{config-dir}";

/// Most bytes of a value after replacement.
const VALUE_MOST: usize = 64 * 1024;

impl Variables {
    /// With what the command line defines.
    pub fn new(file: &Path, defines: &[(String, Option<String>)]) -> Self {
        let config_dir = file.parent().unwrap_or(Path::new("/")).to_string_lossy().into_owned();
        Self { config_dir, defines: defines.iter().cloned().collect(), are_none: false }
    }

    /// Without any.
    pub fn none() -> Self {
        Self { config_dir: String::new(), defines: HashMap::new(), are_none: true }
    }

    /// Whether there are none.
    pub fn are_none(&self) -> bool {
        self.are_none
    }

    /// A value with its variables replaced; Err is the sentence for the operator.
    pub fn replace(&self, value: &str) -> Result<String, String> {
        let mut replaced = String::with_capacity(value.len());
        let mut rest = value;
        while let Some(start) = rest.find("%{") {
            let Some(length) = rest[start..].find('}') else { break };
            let (before, variable) = (&rest[..start], &rest[start..=start + length]);
            replaced.push_str(before);
            rest = &rest[start + length + 1..];
            if self.are_none && is_ours(variable) {
                return Err(format!("{variable} has no value here"));
            }
            if variable == CONFIG_DIR {
                replaced.push_str(&self.config_dir_above(&mut rest));
            } else {
                replaced.push_str(&self.value_of(variable)?);
            }
            if replaced.len() > VALUE_MOST {
                return Err(format!("the value is longer than {VALUE_MOST} bytes"));
            }
        }
        replaced.push_str(rest);
        Ok(replaced)
    }

    /// The configuration's folder, or the one above it for each `/..` that follows: it is read in messages too.
    fn config_dir_above(&self, rest: &mut &str) -> String {
        let mut folder = Path::new(&self.config_dir);
        let ends = |after: &&str| after.chars().next().is_none_or(|c| c == '/' || c.is_whitespace());
        while let Some(after) = rest.strip_prefix("/..").filter(ends) {
            folder = folder.parent().unwrap_or(folder);
            *rest = after;
        }
        let folder = folder.to_string_lossy();
        if rest.starts_with('/') { folder.trim_end_matches('/').to_owned() } else { folder.into_owned() }
    }

    /// An unset variable is an error: an empty value could mean the opposite of what was wanted.
    fn value_of(&self, variable: &str) -> Result<String, String> {
        let name = &variable[2..variable.len() - 1];
        if let Some(name) = name.strip_prefix("env:") {
            return environment(name).ok_or_else(|| format!("the environment has no variable '{name}'"));
        }
        if let Some(name) = name.strip_prefix("define:") {
            let defined = self.defines.get(name).cloned().flatten();
            return defined.ok_or_else(|| format!("no value is defined for '{name}' (-D {name}=VALUE)"));
        }
        Ok(variable.to_owned())
    }
}

/// Whether it is replaced as a file is read.
fn is_ours(variable: &str) -> bool {
    variable == CONFIG_DIR || variable.starts_with("%{env:") || variable.starts_with("%{define:")
}

/// A variable whose name could not be one at all has no value (`std::env::var` may panic on such names).
fn environment(name: &str) -> Option<String> {
    let sound = !name.is_empty() && !name.contains(['=', '\0']);
    sound.then(|| std::env::var(name).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_replaced() {
        let defines = [("PORT".to_owned(), Some("2121".to_owned())), ("BARE".to_owned(), None)];
        let variables = Variables::new(Path::new("/etc/f/f.conf"), &defines);
        let home = std::env::var("PATH").expect("tests have a PATH");
        assert_eq!(variables.replace("a %{env:PATH} b"), Ok(format!("a {home} b")));
        assert_eq!(variables.replace("%{config-dir}/x"), Ok("/etc/f/x".into()));
        assert_eq!(variables.replace("%{config-dir}/../x/../y"), Ok("/etc/x/../y".into()));
        assert_eq!(variables.replace("%{config-dir}/../../.. %{config-dir}/..a"), Ok("/ /etc/f/..a".into()));
        assert_eq!(variables.replace("%{define:PORT}"), Ok("2121".into()));
        assert_eq!(variables.replace("%{iso8601} %u 100%{"), Ok("%{iso8601} %u 100%{".into()));
        for unset in ["%{env:FERRYD_SURELY_UNSET}", "%{env:}", "%{env:a=b}", "%{define:BARE}", "%{define:NO}"]
        {
            assert!(variables.replace(unset).is_err(), "{unset}");
        }
        for kept in ["%{env:PATH}", "%{define:PORT}", "x%{config-dir}/.."] {
            assert!(Variables::none().replace(kept).is_err(), "{kept}");
        }
        assert_eq!(Variables::none().replace("%{iso8601} %u"), Ok("%{iso8601} %u".into()));
    }
}
