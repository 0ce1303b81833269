//! The zone of the times that clients and logs are told: `SetEnv TZ` of the server config, else the host's.

use std::path::Path;

use jiff::tz::TimeZone;

use crate::config::Settings;

/// What SetEnv names, where that is a zone (tzset(3)): a name, a file, or a rule.
pub fn of(settings: &Settings) -> TimeZone {
    let said = settings.servers.first().and_then(|main| main.variable(b"TZ"));
    said.and_then(named).unwrap_or_else(TimeZone::system)
}

fn named(text: &str) -> Option<TimeZone> {
    let name = text.strip_prefix(':').unwrap_or(text);
    if Path::new(name).is_absolute() {
        let content = std::fs::read(name).ok()?;
        return TimeZone::tzif(name, &content).ok();
    }
    TimeZone::get(name).or_else(|_| TimeZone::posix(name)).ok()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn a_zone_is_a_name_a_file_or_a_rule() {
        for (text, hours) in [
            (":/usr/share/zoneinfo/Asia/Tokyo", Some(9)),
            ("Asia/Tokyo", Some(9)),
            (":Asia/Tokyo", Some(9)),
            ("JST-9", Some(9)),
            ("UTC", Some(0)),
            ("Nowhere/None", None),
            ("/nonexistent", None),
        ] {
            if text.contains("Tokyo") && !Path::new("/usr/share/zoneinfo/Asia/Tokyo").exists() {
                continue;
            }
            let zone = named(text);
            let offset = zone.map(|zone| zone.to_offset(Timestamp::UNIX_EPOCH).seconds() / 3600);
            assert_eq!(offset, hours, "{text}");
        }
    }
}
