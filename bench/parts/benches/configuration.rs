//! A configuration read, from its file to the settings.

use std::fs;
use std::path::Path;
use std::time::Duration;

use criterion::{BatchSize, Criterion};
use ferryd::config::{LoadOptions, load};

/// The server of a small host.
const SMALL: &str = "\
ServerName \"host\"
DefaultRoot ~
Umask 022
MaxClientsPerUser 10
<Directory />
  AllowOverwrite on
</Directory>
<Limit SITE_CHMOD>
  DenyAll
</Limit>
";

pub fn measure(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("configuration");
    group.measurement_time(Duration::from_secs(3)).sample_size(20);
    for (name, text) in [("small", SMALL.to_owned()), ("of 200 virtual hosts", hosts(200))] {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("ferryd.conf");
        fs::write(&file, text).expect("a configuration");
        assert!(read(&file), "{name}: a configuration with errors");
        group.bench_function(name, |bencher| {
            bencher.iter_batched(|| (), |()| read(&file), BatchSize::PerIteration);
        });
    }
    group.finish();
}

fn read(file: &Path) -> bool {
    load(file, &LoadOptions { rootless: true, ..LoadOptions::default() }).settings.is_some()
}

fn hosts(count: usize) -> String {
    let host = |number: usize| {
        format!(
            "<VirtualHost 127.1.{}.{}>\n  ServerName \"customer {number}\"\n  Port 2121\n  DefaultRoot ~\n  \
             <Directory ~/private>\n    <Limit ALL>\n      DenyAll\n    </Limit>\n  </Directory>\n</VirtualHost>\n",
            number / 250,
            1 + number % 250,
        )
    };
    SMALL.to_owned() + &(0..count).map(host).collect::<String>()
}
