//! How many workers there are.

use super::super::contexts::MAIN;
use super::super::defaults;
use super::{Row, sets};

/// More processes than any host has.
const WORKERS_MOST: u32 = 100_000;

pub const ROWS: &[Row] = &[
    sets(
        "StartWorkers",
        "ferryd",
        MAIN,
        "number",
        defaults::shown::START_WORKERS,
        "How many workers wait for clients when the daemon is ready.",
        |scope, arguments| {
            scope.daemon.start_workers = Some(arguments.number(1..=WORKERS_MOST)?);
            Ok(())
        },
    ),
    sets(
        "MinSpareWorkers",
        "ferryd",
        MAIN,
        "number",
        defaults::shown::MIN_SPARE_WORKERS,
        "The fewest workers kept waiting.",
        |scope, arguments| {
            scope.daemon.min_spare_workers = Some(arguments.number(1..=WORKERS_MOST)?);
            Ok(())
        },
    ),
    sets(
        "MaxSpareWorkers",
        "ferryd",
        MAIN,
        "number",
        defaults::shown::MAX_SPARE_WORKERS,
        "The most workers kept waiting after a rush.",
        |scope, arguments| {
            scope.daemon.max_spare_workers = Some(arguments.number(1..=WORKERS_MOST)?);
            Ok(())
        },
    ),
    sets(
        "MaxInstances",
        "mod_core",
        MAIN,
        "number|none",
        "none",
        "The most sessions at once.",
        |scope, arguments| {
            scope.daemon.max_instances = Some(arguments.count()?);
            Ok(())
        },
    )
    .restart("the scoreboard keeps its size, which is for 12288 sessions or for those of the start")
    .last(),
    sets(
        "MaxInstancesReply",
        "ferryd",
        MAIN,
        "on|off",
        "on",
        "Whether a client beyond MaxInstances hears 421 before its connection closes.",
        |scope, arguments| {
            scope.daemon.max_instances_reply = Some(arguments.switch()?);
            Ok(())
        },
    ),
];
