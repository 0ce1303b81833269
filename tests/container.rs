//! conf/container: what the Containerfile names is there, and what it makes of it serves, as an ordinary user, on a root that nobody can
//! write. No engine of containers is needed: its instructions are read here, and a mount namespace is the container.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::sys::signal::Signal;

use crate::harness::daemon::{end_group, finished};
use crate::harness::ports::Port;
use crate::harness::{Client, PASSWORD, PASSWORD_HASH, as_root, eventually, processes};

const CONFIGURATION: &str = "/etc/ferryd/ferryd.conf";
const BUILT: &str = "/src/target/release/";

/// An instruction's name and its words; those of the JSON form without their marks.
type Instruction = (String, Vec<String>);

fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn instructions() -> Vec<Instruction> {
    let text = fs::read_to_string(source("conf/container/Containerfile")).expect("the Containerfile");
    let joined = text.replace("\\\n", " ");
    let told = joined.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    told.map(|line| {
        let (name, words) = line.split_once(' ').expect("an instruction with words");
        let words = words.split(' ').map(|word| word.trim_matches(['[', ']', ',', '"']).to_owned());
        (name.to_owned(), words.filter(|word| !word.is_empty()).collect())
    })
    .collect()
}

/// Those of the image itself, behind the last FROM.
fn image() -> Vec<Instruction> {
    let all = instructions();
    let last = all.iter().rposition(|(name, _)| name == "FROM").expect("FROM");
    all[last..].to_vec()
}

fn words_of(name: &str) -> Vec<String> {
    let found = image().into_iter().find(|(found, _)| found == name);
    found.unwrap_or_else(|| panic!("no {name}")).1
}

/// What is copied, and whereto: a path of the source tree, or the name of a program.
fn copies() -> Vec<(String, PathBuf)> {
    let mut copies = Vec::new();
    for (_, words) in image().into_iter().filter(|(name, _)| name == "COPY") {
        let paths: Vec<String> = words.into_iter().filter(|word| !word.starts_with("--")).collect();
        let (to, from) = paths.split_last().expect("a place");
        for from in from {
            let name = Path::new(from).file_name().expect("a name");
            let to = if to.ends_with('/') { Path::new(to).join(name) } else { PathBuf::from(to) };
            copies.push((from.clone(), to));
        }
    }
    copies
}

/// The program as it was built for the tests.
fn program(name: &str) -> &'static str {
    match name {
        "ferryd" => env!("CARGO_BIN_EXE_ferryd"),
        "ftpwho" => env!("CARGO_BIN_EXE_ftpwho"),
        "ftpcount" => env!("CARGO_BIN_EXE_ftpcount"),
        "ftpshut" => env!("CARGO_BIN_EXE_ftpshut"),
        other => panic!("{other} is no program of the package"),
    }
}

#[test]
fn the_containerfile_names_what_is_there() {
    for (_, words) in instructions().iter().filter(|(name, _)| name == "COPY") {
        let paths: Vec<&String> = words.iter().filter(|word| !word.starts_with("--")).collect();
        for from in &paths[..paths.len() - 1] {
            match from.strip_prefix(BUILT) {
                Some(name) => assert!(Path::new(program(name)).is_file()),
                None => assert!(source(from).exists(), "{from}"),
            }
        }
    }
    let entry = words_of("ENTRYPOINT");
    assert!(
        entry.contains(&CONFIGURATION.to_owned()) && entry.contains(&"--nodaemon".to_owned()),
        "{entry:?}"
    );
    let placed = |path: &str| copies().iter().any(|(_, to)| to == Path::new(path));
    assert!(placed(&entry[0]) && placed(CONFIGURATION), "{entry:?}");
    let health = words_of("HEALTHCHECK");
    let command = health.iter().position(|word| word == "CMD").expect("CMD");
    assert!(placed(&health[command + 1]) && health.contains(&CONFIGURATION.to_owned()), "{health:?}");
}

/// Its ports are those that are exposed, and what it writes lies in its volumes.
#[test]
fn the_configuration_is_that_of_the_container() {
    let text = fs::read_to_string(source("conf/container/ferryd.conf")).expect("the configuration");
    let said = |name: &str| {
        let line =
            text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("no {name}"));
        line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    let ports = [said("Port ").concat(), said("PassivePorts").join("-")];
    assert_eq!(words_of("EXPOSE"), ports);
    let volumes = words_of("VOLUME");
    for name in ["PidFile", "ScoreboardFile", "ShutdownMessageFile"] {
        let path = said(name).concat();
        assert!(volumes.iter().any(|volume| path.starts_with(&format!("{volume}/"))), "{name} {path}");
    }
    let accounts = said("AuthUserFile").concat();
    assert!(copies().iter().any(|(_, to)| *to == Path::new(&accounts)), "{accounts}");
}

/// The container: dropped, it is ended.
struct Container {
    folder: tempfile::TempDir,
    port: Port,
    child: Child,
}

impl Container {
    /// Runs what the Containerfile says, on what it copies.
    fn start() -> Container {
        let folder = tempfile::tempdir().expect("a folder");
        let port = Port::reserve();
        let image = folder.path().join("image");
        let mut script = format!("mount -t tmpfs -o mode=755 none {0}\ncd {0}\n", image.display());
        fs::create_dir(&image).expect("a folder");
        script += "mkdir -p proc dev etc usr/lib usr/lib64 tmp\n";
        script += "for name in lib lib64; do ln -s usr/$name $name; done\n";
        // What the image is made from: libraries, and accounts without anybody of ours.
        script += "mount --bind /usr/lib usr/lib\n[ ! -d /usr/lib64 ] || mount --bind /usr/lib64 usr/lib64\n";
        script += "mount --rbind /proc proc\nmount --rbind /dev dev\n";
        script += "echo nobody:x:65534:65534::/:/bin/false >etc/passwd\necho nogroup:x:65534: >etc/group\n";
        for (from, to) in copies() {
            let from = from.strip_prefix(BUILT).map_or_else(|| source(&from), |name| program(name).into());
            script += &format!("install -D {} .{}\n", from.display(), to.display());
        }
        script += &format!("sed -i 's/2121/{}/' .{CONFIGURATION}\n", port.number);
        script +=
            &format!("echo 'alice:{PASSWORD_HASH}:1000:1000::/srv/ftp:/sbin/nologin' >etc/ferryd/accounts\n");
        let user = words_of("USER").concat();
        for volume in words_of("VOLUME") {
            script += &format!("mkdir -p .{volume}\nmount -t tmpfs none .{volume}\nchown {user} .{volume}\n");
        }
        script += "mount -o remount,ro,bind .\n";
        script +=
            &format!("exec chroot --userspec={user} --groups= . {}\n", words_of("ENTRYPOINT").join(" "));
        let said = fs::File::create(folder.path().join("said")).expect("a file");
        let mut command = Command::new("unshare");
        command.args(["--mount", "--propagation", "private", "sh", "-e", "-c", &script]);
        command.stdin(Stdio::null()).stdout(said.try_clone().expect("a descriptor")).stderr(said);
        let child = command.process_group(0).spawn().expect("unshare");
        Container { folder, port, child }
    }

    fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).expect("a pid")
    }

    fn said(&self) -> String {
        fs::read_to_string(self.folder.path().join("said")).unwrap_or_default()
    }

    fn client(&mut self) -> Client {
        eventually("the greeting", || {
            if let Some(status) = self.child.try_wait().expect("our child") {
                panic!("it ended ({status}):\n{}", self.said());
            }
            let mut client = Client::connect(([127, 0, 0, 1], self.port.number).into()).ok()?;
            client.try_reply().ok().filter(|reply| reply.code == 220)?;
            Some(client)
        })
    }

    /// Whether the container's engine would call it healthy.
    fn is_healthy(&self) -> bool {
        let health = words_of("HEALTHCHECK");
        let command = health.iter().position(|word| word == "CMD").expect("CMD");
        let mut entering = Command::new("nsenter");
        entering.args(["--mount", "--root", "--wd=/", "--target", &self.pid().to_string()]);
        entering.args(&health[command + 1..]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let output = finished(entering.spawn().expect("nsenter"));
        output.status.success() && output.stderr.is_empty()
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.said());
        }
        end_group(self.pid());
        let _ = self.child.wait();
    }
}

#[test]
fn the_container_serves_on_a_root_that_nobody_can_write() {
    if !as_root("the container serves on a root that nobody can write") {
        return;
    }
    let mut container = Container::start();
    let mut client = container.client();
    client.command("USER alice").expect(331);
    client.command(&format!("PASS {PASSWORD}")).expect(230);
    client.store("file", b"in the volume");
    assert_eq!(client.retrieve("file"), b"in the volume");
    assert!(container.is_healthy(), "{}", container.said());
    assert_eq!(processes::uid_of(container.pid()), Some(1000));
    let inside = |path: &str| PathBuf::from(format!("/proc/{}/root{path}", container.pid()));
    assert_eq!(fs::read(inside("/srv/ftp/file")).expect("the file"), b"in the volume");
    for path in ["/etc/new", "/new", "/tmp/new"] {
        let refused = fs::write(inside(path), b"").expect_err("read-only");
        assert_eq!(refused.kind(), std::io::ErrorKind::ReadOnlyFilesystem, "{path}");
    }
    let said = container.said();
    assert!(said.contains("STARTUP") && said.contains("USER alice: Login successful."), "{said}");
    processes::send(container.pid(), Signal::SIGTERM);
    client.reply().expect(421);
    let status = eventually("its end", || container.child.try_wait().expect("our child"));
    assert_eq!(status.code(), Some(0), "{}", container.said());
}
