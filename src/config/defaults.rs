//! What holds when nobody says otherwise: where things lie, how many there are, how long they last. Each path can be set at build by the
//! environment variable beside it.

use crate::auth::order::{Module, Ordered};

macro_rules! built_in {
    ($variable:literal, $otherwise:literal) => {
        match option_env!($variable) {
            Some(path) => path,
            None => $otherwise,
        }
    };
}

/// The configuration read without `-c`.
pub const CONFIGURATION: &str = built_in!("FERRYD_CONFIGURATION", "/etc/proftpd/proftpd.conf");

/// PidFile.
pub const PID_FILE: &str = built_in!("FERRYD_PID_FILE", "/run/proftpd.pid");

/// ControlsSocket, in the folder of PidFile: daemons side by side do not meet there.
pub const CONTROL_SOCKET: &str = "proftpd.sock";

/// ScoreboardFile.
pub const SCOREBOARD_FILE: &str = built_in!("FERRYD_SCOREBOARD_FILE", "/run/proftpd.scoreboard");

/// The folder of TransferLog's default, with a slash at its end.
pub const LOG_FOLDER: &str = built_in!("FERRYD_LOG_FOLDER", "/var/log/proftpd/");

/// ShutdownMessageFile.
pub const SHUTDOWN_FILE: &str = built_in!("FERRYD_SHUTDOWN_FILE", "/etc/shutmsg");

/// AuthPAMConfig: the service that Debian's package and others bring.
pub const PAM_SERVICE: &str = built_in!("FERRYD_PAM_SERVICE", "proftpd");

/// Whom workers are before login when User names root or nobody at all.
pub const UNPRIVILEGED_USER: &str = "nobody";

/// Numbers, and in `shown` the same as docs/directives.md prints them, so that no row has one of its own.
macro_rules! numbers {
    ($($(#[$about:meta])* $name:ident: $type:ty = $value:literal;)+) => {
        $($(#[$about])* pub const $name: $type = $value;)+

        /// The numbers as text, for the rows of directives.
        pub mod shown {
            $($(#[$about])* pub const $name: &str = stringify!($value);)+
        }
    };
}

numbers! {
    /// Port.
    PORT: u16 = 21;
    /// MaxLoginAttempts.
    MAX_LOGIN_ATTEMPTS: u32 = 3;
    /// MaxPasswordSize, in bytes.
    MAX_PASSWORD_SIZE: u32 = 1024;
    /// CommandBufferSize, in bytes.
    COMMAND_BUFFER_SIZE: u32 = 512;
    /// TimeoutLogin; here and below in seconds.
    TIMEOUT_LOGIN: u64 = 300;
    /// TimeoutIdle.
    TIMEOUT_IDLE: u64 = 600;
    /// TimeoutNoTransfer.
    TIMEOUT_NO_TRANSFER: u64 = 300;
    /// TimeoutStalled.
    TIMEOUT_STALLED: u64 = 3600;
    /// ShutdownTimeout.
    SHUTDOWN_TIMEOUT: u64 = 5;
    /// ProxyProtocolTimeout.
    PROXY_PROTOCOL_TIMEOUT: u64 = 3;
    /// ControlsMaxClients.
    CONTROLS_MAX_CLIENTS: u32 = 5;
    /// StartWorkers.
    START_WORKERS: u32 = 8;
    /// MinSpareWorkers.
    MIN_SPARE_WORKERS: u32 = 4;
    /// MaxSpareWorkers.
    MAX_SPARE_WORKERS: u32 = 64;
}

/// AuthOrder where nothing is said.
pub const AUTH_ORDER: [Ordered; 3] =
    [Ordered::passing(Module::File), Ordered::passing(Module::Pam), Ordered::passing(Module::Host)];
