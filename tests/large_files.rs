//! Files of thousands of sections: they load, and cost a session nothing.

use std::fmt::Write;
use std::time::Instant;

use crate::harness::daemon::run;
use crate::harness::{Setup, as_root, rounds};
use crate::virtual_hosts::own_memory;

/// So many `<Directory>` sections, and a tenth of that in `<VirtualHost>` sections.
fn sections(number: usize) -> String {
    let mut text = "DefaultRoot ~\n".to_owned();
    for folder in 0..number {
        let _ = write!(
            text,
            "<Directory /srv/www/site{folder}>\nUmask 027\n<Limit WRITE>\nDenyAll\n</Limit>\n</Directory>\n"
        );
    }
    for host in 0..number / 10 {
        let _ = write!(
            text,
            "<VirtualHost 127.1.{}.{}>\nServerName server{host}\nPort 0\nDefaultRoot ~\n</VirtualHost>\n",
            host / 250,
            host % 250 + 1
        );
    }
    text
}

#[test]
fn a_sessions_memory_does_not_grow_with_the_sections() {
    if !as_root("a session's memory does not grow with the sections") {
        return;
    }
    let many = rounds(4_000, 20_000);
    let cost = |number: usize| {
        let daemon = Setup::new().workers(4, 4, 8).line(&sections(number)).start();
        // Which pages a session touches depends on when it is woken, too: the least of a few is what it needs. A page that no other
        // worker shares would count as the session's own.
        let one = |_| {
            daemon.await_spares(4);
            own_memory(&daemon, &daemon.session())
        };
        (0..5).map(one).min().unwrap_or_default()
    };
    let (small, large) = (cost(100), cost(many));
    println!("a session's own memory: {small} KiB beside 100 sections, {large} KiB beside {many}");
    // Reading a large file leaves holes all over the heap, so that what a session allocates lies on more pages, whatever their number;
    // sections that each cost a session something would be seen all the same.
    assert!(large <= small + 160, "{small} KiB became {large} KiB");
}

#[test]
fn a_large_file_is_read_in_one_go() {
    let setup = Setup::new().line(&sections(rounds(4_000, 20_000)));
    setup.write();
    let begin = Instant::now();
    let output = run(&setup, &["-t", "-c", "ferryd.conf"]);
    println!("{} sections: -t took {:?}", rounds(4_400, 22_000), begin.elapsed());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}
