//! A small payload made of this host's own programs, and what it takes to build it and look
//! into the result.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io::Read;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use zshield_image::build::{self, Summary};
use zshield_image::error::BuildError;
use zshield_image::modules::NEEDS;
use zshield_image::progress::Silent;
use zshield_image::request::Request;
use zshield_plan::policy::Policy;
use zshield_units::UnixTime;

pub(crate) const RELEASE: &str = "6.1.0-test";
const EPOCH: UnixTime = UnixTime(1_700_000_000);

/// A policy and its text.
pub(crate) struct Written {
    policy: Policy,
    text: String,
}

/// A directory with a payload in it, to build images in.
pub(crate) struct Factory {
    root: PathBuf,
    _owned: Option<tempfile::TempDir>,
}

impl Factory {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        // For the tests that go on as another user.
        fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).unwrap();
        let factory = Self { root: directory.path().to_owned(), _owned: Some(directory) };
        fs::write(factory.path("init"), static_program()).unwrap();
        fill(&factory.path("payload"));
        factory
    }

    pub(crate) fn at(root: &Path) -> Self {
        Self { root: root.to_owned(), _owned: None }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    pub(crate) fn copy_payload_of(&self, other: &Self) {
        fs::remove_dir_all(self.path("payload")).unwrap();
        run(Command::new("cp").arg("-a").args([other.path("payload"), self.path("payload")]));
    }

    /// A request for an unsigned image.
    pub(crate) fn request<'a>(&'a self, written: &'a Written, output: &str) -> Request<'a> {
        Request {
            policy: &written.policy,
            policy_text: &written.text,
            base: &self.root,
            output: Box::leak(self.path(output).into_boxed_path()),
            secret_key: None,
            password: None,
            insecure_unsigned: true,
            init: Box::leak(self.path("init").into_boxed_path()),
            source_date_epoch: Some(EPOCH),
        }
    }

    pub(crate) fn build(&self, source: &str, output: &str) -> Result<Summary, BuildError> {
        build(&self.request(&policy(source, ""), output))
    }

    /// Takes the stick's files out of an image, to the directory `tree`; the slot's directory.
    pub(crate) fn slot(&self, image: &str) -> PathBuf {
        let (ext4, tree) = (self.path("stick.ext4"), self.path("tree"));
        let info = run(Command::new("sgdisk").args(["-i", "3"]).arg(self.path(image)));
        let sector = |name: &str| -> u64 {
            let line = info.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.trim().split(' ').next().unwrap().parse().unwrap()
        };
        let (first, last) = (sector("First sector:"), sector("Last sector:"));
        let bytes = fs::read(self.path(image)).unwrap();
        let end = usize::try_from((last + 1) * 512).unwrap();
        fs::write(&ext4, &bytes[usize::try_from(first * 512).unwrap()..end]).unwrap();
        let _ = fs::remove_dir_all(&tree);
        fs::create_dir(&tree).unwrap();
        let dump = format!("rdump /a /zshield {}", tree.display());
        run(Command::new("debugfs").args(["-R", &dump]).arg(&ext4));
        tree.join("a")
    }

    /// Packs the payload as a vendor's tar, with owners, a device and a capability that only
    /// root could make on disk.
    pub(crate) fn pack_tar(&self, name: &str) {
        let payload = self.path("payload");
        fs::create_dir_all(payload.join("home/alice")).unwrap();
        fs::write(payload.join("home/alice/file"), "hers").unwrap();
        run(Command::new("chown").arg("1234:5678").arg(payload.join("home/alice/file")));
        run(Command::new("mknod").arg(payload.join("dev/ttyX")).args(["c", "4", "77"]));
        fs::copy("/bin/true", payload.join("usr/bin/capable")).unwrap();
        run(Command::new("setcap").arg("cap_net_raw+ep").arg(payload.join("usr/bin/capable")));
        run(Command::new("tar")
            .args(["--xattrs", "--xattrs-include=*", "--numeric-owner", "-caf"])
            .arg(self.path(name))
            .arg("-C")
            .arg(payload)
            .arg("."));
    }

    /// Builds as the user nobody; the image's path.
    pub(crate) fn as_nobody(&self, source: &str, output: &str) -> PathBuf {
        let said = self.run_as_nobody(source, output);
        assert!(!said.contains("refused:"), "{said}");
        self.path("out").join(output)
    }

    /// Builds as the user nobody, to see how it fails.
    pub(crate) fn refused_as_nobody(&self, source: &str, output: &str) -> String {
        let said = self.run_as_nobody(source, output);
        assert!(said.contains("refused:"), "{said}");
        said
    }

    fn run_as_nobody(&self, source: &str, output: &str) -> String {
        const NOBODY: &str = "65534";
        let out = self.path("out");
        fs::create_dir_all(&out).unwrap();
        run(Command::new("chown").arg(NOBODY).arg(&out));
        // The target directory of a build by root may be closed to others.
        let program = self.path("test-program");
        fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
        run(Command::new("setpriv")
            .args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", "--no-new-privs"])
            .arg(program)
            .args(["--ignored", "--exact", "--nocapture", "build_as_another_user"])
            .env("ZSHIELD_TEST_BASE", &self.root)
            .env("ZSHIELD_TEST_SOURCE", source)
            .env("ZSHIELD_TEST_OUTPUT", output))
    }
}

/// A policy for this payload.
pub(crate) fn policy(source: &str, more: &str) -> Written {
    let text = format!(
        "[product]\nname = \"Test\"\nversion = \"1\"\n[payload]\nsource = \"{source}\"\n{more}"
    );
    Written { policy: Policy::parse(&text, Path::new("appliance.toml")).unwrap(), text }
}

pub(crate) fn build(request: &Request<'_>) -> Result<Summary, BuildError> {
    build::build(request, &Silent)
}

/// What a command says; a failure of it fails the test.
pub(crate) fn run(command: &mut Command) -> String {
    let path = std::env::var("PATH").unwrap_or_default();
    let output = command.env("PATH", format!("{path}:/usr/sbin:/sbin")).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(output.status.success(), "{command:?}: {text}");
    text
}

/// Bytes that no compression makes fewer.
pub(crate) fn noise(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    blake3::Hasher::new().finalize_xof().fill(&mut bytes);
    bytes
}

pub(crate) fn hash(path: &Path) -> blake3::Hash {
    blake3::hash(&fs::read(path).unwrap())
}

/// The files of an initramfs by their paths.
pub(crate) fn unpacked_initramfs(file: &Path) -> BTreeMap<String, Vec<u8>> {
    let bytes = zstd::decode_all(fs::File::open(file).unwrap()).unwrap();
    let mut rest = bytes.as_slice();
    let mut files = BTreeMap::new();
    loop {
        let mut reader = cpio::newc::Reader::new(rest).unwrap();
        if reader.entry().is_trailer() {
            return files;
        }
        let mut content = Vec::new();
        reader.read_to_end(&mut content).unwrap();
        files.insert(reader.entry().name().to_owned(), content);
        rest = reader.finish().unwrap();
    }
}

/// A root filesystem with all that a payload must have, in some megabytes.
fn fill(root: &Path) {
    let directories = ["usr/sbin", "usr/bin", "usr/lib64", "usr/lib", "etc/ssh", "boot", "dev"];
    for directory in directories.into_iter().chain(["home", "var/log"]) {
        fs::create_dir_all(root.join(directory)).unwrap();
    }
    for name in ["sbin", "bin", "lib", "lib64"] {
        symlink(format!("usr/{name}"), root.join(name)).unwrap();
    }
    fs::write(root.join("sbin/init"), "#!init").unwrap();
    // mke2fs, e2fsck, fsck and logsave are here for sure, since an image needs them; LVM may not be.
    for (name, from) in [
        ("mke2fs", "mke2fs"),
        ("e2fsck", "e2fsck"),
        ("fsck", "fsck"),
        ("logsave", "logsave"),
        ("lvm", "mke2fs"),
        ("dmsetup", "mke2fs"),
        ("blkid", "mke2fs"),
    ] {
        copy_program(root, Path::new("/sbin").join(from).as_path(), name);
    }
    fs::write(root.join("etc/mke2fs.conf"), "[defaults]\n").unwrap();
    fs::write(root.join("etc/passwd"), "root:x:0:0::/:\n").unwrap();
    fs::write(root.join("etc/shadow"), "secret").unwrap();
    // As Red Hat has it, by a link.
    fs::create_dir_all(root.join("etc/pki/tls/certs")).unwrap();
    fs::write(root.join("etc/pki/roots.pem"), "certificates").unwrap();
    symlink("/etc/pki/roots.pem", root.join("etc/pki/tls/certs/ca-bundle.crt")).unwrap();
    fs::set_permissions(root.join("etc/shadow"), Permissions::from_mode(0o600)).unwrap();
    fs::write(root.join("boot/vmlinuz"), kernel()).unwrap();
    fs::write(root.join(format!("boot/config-{RELEASE}")), "CONFIG_RD_ZSTD=y\n").unwrap();
    fs::write(root.join(format!("boot/initrd.img-{RELEASE}")), initrd()).unwrap();
    add_modules(&root.join("lib/modules").join(RELEASE));
    fs::set_permissions(root, Permissions::from_mode(0o555)).unwrap();
    // Each run of the tests is to see the same times.
    run(Command::new("find").arg(root).args([
        "-exec",
        "touch",
        "-h",
        "-d",
        "@1600000000",
        "{}",
        "+",
    ]));
}

fn copy_program(root: &Path, from: &Path, name: &str) {
    fs::copy(from, root.join("usr/sbin").join(name)).unwrap();
    let listing = run(Command::new("ldd").arg(from));
    for word in listing.split_whitespace().filter(|word| word.starts_with('/')) {
        let directory = if word.contains("ld-linux") { "usr/lib64" } else { "usr/lib" };
        fs::copy(word, root.join(directory).join(Path::new(word).file_name().unwrap())).unwrap();
    }
}

fn kernel() -> Vec<u8> {
    let mut image = vec![0; 0x1000];
    image[0x202..0x206].copy_from_slice(b"HdrS");
    image[0x20e..0x210].copy_from_slice(&0x0800_u16.to_le_bytes());
    let text = format!("{RELEASE} (builder@host)");
    image[0xa00..0xa00 + text.len()].copy_from_slice(text.as_bytes());
    image
}

fn initrd() -> Vec<u8> {
    let modules = NEEDS.iter().flat_map(|need| need.any_of);
    let modules = modules.map(|name| format!("usr/lib/modules/{RELEASE}/kernel/{name}.ko"));
    packed_initrd(&["usr/sbin/lvm".to_owned()].into_iter().chain(modules).collect::<Vec<_>>())
}

/// An initial RAM disk of empty files.
pub(crate) fn packed_initrd(names: &[String]) -> Vec<u8> {
    let write = |archive, name: &String| {
        let entry = cpio::newc::Builder::new(name).mode(0o100_755);
        entry.write(archive, 0).finish().unwrap()
    };
    let archive = cpio::newc::trailer(names.iter().fold(Vec::new(), write)).unwrap();
    zstd::encode_all(archive.as_slice(), 1).unwrap()
}

fn add_modules(directory: &Path) {
    fs::create_dir_all(directory.join("kernel")).unwrap();
    let mut dep = String::new();
    for name in NEEDS.iter().flat_map(|need| need.any_of) {
        fs::write(directory.join(format!("kernel/{name}.ko")), name).unwrap();
        dep.extend(["kernel/", name, ".ko:\n"]);
    }
    fs::write(directory.join("modules.dep"), dep).unwrap();
    fs::write(directory.join("modules.alias"), "alias fs-ext4 ext4\nalias snd snd\n").unwrap();
}

/// The smallest ELF program: a header, one segment, and the system call that ends it.
fn static_program() -> Vec<u8> {
    const CODE: [u8; 9] = [0x31, 0xff, 0xb8, 60, 0, 0, 0, 0x0f, 0x05];
    const START: u64 = 0x40_0078;
    let mut elf = b"\x7fELF\x02\x01\x01".to_vec();
    elf.resize(16, 0);
    elf.extend([2u16, 62].map(u16::to_le_bytes).as_flattened());
    elf.extend(1u32.to_le_bytes());
    elf.extend([START, 64, 0].map(u64::to_le_bytes).as_flattened());
    elf.extend(0u32.to_le_bytes());
    elf.extend([64u16, 56, 1, 64, 0, 0].map(u16::to_le_bytes).as_flattened());
    elf.extend([1u32, 5].map(u32::to_le_bytes).as_flattened());
    let size = START - 0x40_0000 + CODE.len() as u64;
    elf.extend([0, 0x40_0000, 0x40_0000, size, size, 0x1000].map(u64::to_le_bytes).as_flattened());
    elf.extend(CODE);
    elf
}
