//! A bundle is made of images, packages or files.

use std::fs;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use jiff::Timestamp;
use zshield_bundle::head::{
    Factory, Head, Hook, Initrd, Package, Payload, Placed, Restart, Space, Terms,
};
use zshield_bundle::make::{self, Image, Options, Packed, Spool};
use zshield_bundle::version::Version;
use zshield_golden::key::{KeyId, SigningKey};
use zshield_golden::signature::{Requirement, TrustedKeys};
use zshield_golden::{Digest, EntryPath};
use zshield_image::scratch;
use zshield_image::verify::OpenSlot;
use zshield_units::{Bytes, UnixTime};

use super::description::{Description, DescriptionError};
use crate::error::{Refusal, Result, before_it_began};
use crate::progress::{BundleStage, Part, Parts, Progress};

/// What a caller decides of a bundle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreateOptions {
    /// The image that it leads to; nothing for packages and files, which the description names.
    pub new: Option<PathBuf>,
    /// The images that it leads from.
    pub from: Vec<PathBuf>,
    /// The bundle to write.
    pub output: PathBuf,
    /// The description.
    pub description: Option<PathBuf>,
    /// The secret key that signs it; without one it is to be signed later.
    pub key: Option<PathBuf>,
    /// The public keys that must have signed the images; without any, those in the images themselves count.
    pub trusted: Vec<PathBuf>,
    /// Whether it serves every version beside those.
    pub whole: bool,
    /// The time that stands for its making.
    pub source_date_epoch: Option<UnixTime>,
}

/// A bundle that can be made.
pub struct Create {
    options: CreateOptions,
    description: Description,
    /// What paths in the description are relative to.
    base: PathBuf,
}

/// A bundle that was made.
#[derive(Debug)]
pub struct Created {
    /// What it says.
    pub head: Head,
    /// Its length.
    pub length: Bytes,
    /// The key that signed it.
    pub signed_by: Option<KeyId>,
    /// Its last moment, where that is over: no machine takes it.
    pub expired: Option<UnixTime>,
}

/// Reads the description.
pub fn prepare_create(options: CreateOptions) -> Result<Create> {
    before_it_began(|| {
        let (mut description, mut base) = (Description::default(), PathBuf::from("."));
        if let Some(path) = &options.description {
            let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
            description = Description::parse(&text, path).map_err(Refusal::operation)?;
            scratch::directory_of(path).clone_into(&mut base);
        }
        let has_files = !description.files.is_empty() || !description.removes.is_empty();
        let kinds = [options.new.is_some(), description.packages.is_some(), has_files];
        let is_empty = description.packages.as_ref().is_some_and(|it| it.files.is_empty());
        if is_empty || kinds.iter().filter(|kind| **kind).count() != 1 {
            return Err(Refusal::operation(DescriptionError::Payload).into());
        }
        if options.new.is_none() && description.factory == Some(Factory::Follows) {
            return Err(Refusal::operation(DescriptionError::Factory).into());
        }
        description.check(options.new.is_some()).map_err(Refusal::operation)?;
        // A file that is missing is found before an image is packed, which takes minutes.
        let hooks = description.hooks.iter().map(|hook| &hook.file);
        for path in hooks.chain(&description.introduces).map(|path| base.join(path)) {
            fs::metadata(&path).with_context(|| path.display().to_string())?;
        }
        Ok(Create { options, description, base })
    })
}

impl Create {
    /// The key whose password has to be asked for.
    pub fn locked_key(&self) -> Result<Option<&Path>> {
        before_it_began(|| super::locked(self.options.key.as_deref()))
    }

    /// Makes the bundle. Until all of it is there, nothing has its name.
    pub fn run(&self, password: Option<&str>, progress: &dyn Progress) -> Result<Created> {
        before_it_began(|| self.made(password, progress))
    }

    fn made(&self, password: Option<&str>, progress: &dyn Progress) -> Result<Created> {
        let output = &self.options.output;
        let at = || output.display().to_string();
        let key = self.options.key.as_deref();
        let key = key.map(|path| SigningKey::load(path, password)).transpose()?;
        let packed = scratch::File::beside(output).with_context(at)?;
        let mut spool = Spool::new(packed.as_file().try_clone().with_context(at)?);
        let parts = Parts::of(progress);
        let (identity, space, payload) = self.payload(&mut spool, &parts)?;
        let terms = self.terms(identity)?;
        let hooks = self.hooks(&mut spool)?;
        let mut made = scratch::File::beside(output).with_context(at)?;
        let mut out = BufWriter::new(made.as_file_mut());
        let head = spool.finish(terms, space, hooks, payload, &mut out)?;
        out.flush().with_context(at)?;
        drop(out);
        if let Some(key) = &key {
            make::sign(made.as_file(), key)?;
        }
        let file = made.as_file();
        let length = file.sync_all().and_then(|()| file.metadata()).with_context(at)?.len();
        made.persist(output).with_context(at)?;
        let directory = fs::File::open(scratch::directory_of(output));
        directory.and_then(|directory| directory.sync_all()).with_context(at)?;
        let now = UnixTime::from(Timestamp::now());
        let expired = head.expires.filter(|expires| *expires < now);
        Ok(Created { head, length: Bytes(length), signed_by: key.map(|key| key.id()), expired })
    }

    /// What it brings, with the product and the version that an image says.
    fn payload(
        &self,
        spool: &mut Spool,
        parts: &Parts<'_>,
    ) -> Result<(Option<Identity>, Space, Payload)> {
        let pack = |spool: &mut Spool, path: &Path| -> Result<_> {
            let (digest, size) = self.pack(spool, path)?;
            parts.go_on(&Part::Bundle(BundleStage::Pack), size);
            Ok((digest, size))
        };
        if let Some(new) = &self.options.new {
            return self.system(new, spool, parts);
        }
        let mut room = Space::default();
        let mut add = |size| room.root = Bytes(room.root.0.saturating_add(size));
        if let Some(packages) = &self.description.packages {
            let mut files = Vec::new();
            for path in &packages.files {
                let (blake3, size) = pack(spool, path)?;
                files.push(Package { name: named(path)?, size, blake3 });
                add(size);
            }
            let manager = packages.manager;
            return Ok((None, room, Payload::Packages { manager, files }));
        }
        let mut files = Vec::new();
        for file in &self.description.files {
            let (blake3, size) = pack(spool, &file.source)?;
            let (mode, path) = (file.mode().map_err(Refusal::operation)?, file.path.clone());
            let (uid, gid, label) = (file.uid, file.gid, file.label.clone());
            files.push(Placed { path, mode, uid, gid, label, size, blake3 });
            add(size);
        }
        let removed = self.description.removes.clone();
        Ok((None, room, Payload::Files { files, removed }))
    }

    fn system(
        &self,
        new: &Path,
        spool: &mut Spool,
        parts: &Parts<'_>,
    ) -> Result<(Option<Identity>, Space, Payload)> {
        let trusted = match self.options.trusted.as_slice() {
            [] => None,
            files => Some(TrustedKeys::load(files)?),
        };
        let open = |path: &Path| -> Result<(OpenSlot, Image)> {
            let at = || path.display().to_string();
            let go_on = |stage, bytes| parts.go_on(&Part::Bundle(stage), bytes);
            let slot =
                OpenSlot::open(path, &|bytes| go_on(BundleStage::Read, bytes)).with_context(at)?;
            let check = |bytes| go_on(BundleStage::Check, bytes);
            let image = if let Some(keys) = &trusted {
                Image::open(slot.directory(), keys, Requirement::Signed, &check)
            } else {
                let keys = slot.own_keys().with_context(at)?;
                Image::open(slot.directory(), &keys, Requirement::UnsignedAccepted, &check)
            };
            Ok((slot, image.with_context(at)?))
        };
        // The directories of slots that were read off images go with these.
        let (_slot, new) = open(new)?;
        let old = self.options.from.iter().map(|path| open(path)).collect::<Result<Vec<_>>>()?;
        let (_slots, old): (Vec<OpenSlot>, Vec<Image>) = old.into_iter().unzip();
        let options =
            Options { whole: self.options.whole, factory: self.factory(), initrd: self.initrd() };
        let header = new.manifest().header();
        let (product, version) = (header.product.clone(), Version::new(&*header.version)?);
        self.description.check_order(&version).map_err(Refusal::operation)?;
        self.description.check_signer(new.manifest().signature()).map_err(Refusal::operation)?;
        let (system, space) = make::system(&new, &old, options, spool, &|bytes| {
            parts.go_on(&Part::Bundle(BundleStage::Pack), bytes);
        })?;
        Ok((Some(Identity { product, version }), space, Payload::System(system)))
    }

    fn factory(&self) -> Factory {
        self.description.factory.unwrap_or(Factory::Stays)
    }

    fn initrd(&self) -> Initrd {
        self.description.initrd.unwrap_or(Initrd::Carried)
    }

    fn terms(&self, identity: Option<Identity>) -> Result<Terms> {
        let said = &self.description;
        let (product, version) = match identity {
            Some(identity) => (Some(identity.product), Some(identity.version)),
            None => (said.product.clone(), said.version.clone()),
        };
        let missing = |name| Refusal::operation(DescriptionError::Missing(name));
        let created = self.options.source_date_epoch.unwrap_or_else(|| Timestamp::now().into());
        let introduces = said.introduces.iter().map(|path| {
            let path = self.base.join(path);
            TrustedKeys::load([&path])?;
            Ok(fs::read_to_string(&path).with_context(|| path.display().to_string())?)
        });
        Ok(Terms {
            product: product.ok_or_else(|| missing("product"))?,
            version: version.ok_or_else(|| missing("version"))?,
            architecture: said.architecture.clone().unwrap_or_else(|| "x86_64".to_owned()),
            created,
            least: said.least.clone(),
            floor: said.floor.clone(),
            expires: said.expires().map_err(Refusal::operation)?,
            restart: said.restart.unwrap_or(Restart::Machine),
            factory: self.factory(),
            initrd: self.initrd(),
            changelog: said.changelog.clone(),
            introduces: introduces.collect::<Result<_>>()?,
            revokes: said.revokes.clone(),
        })
    }

    fn hooks(&self, spool: &mut Spool) -> Result<Vec<Hook>> {
        let mut hooks = Vec::new();
        for hook in &self.description.hooks {
            let (blake3, _) = self.pack(spool, &hook.file)?;
            let name = named(&hook.file)?.to_string();
            hooks.push(Hook { stage: hook.stage, name, blake3 });
        }
        Ok(hooks)
    }

    /// Packs a file that the description names; its digest and length.
    fn pack(&self, spool: &mut Spool, path: &Path) -> Result<(Digest, u64)> {
        let path = self.base.join(path);
        let at = || path.display().to_string();
        let bytes = fs::read(&path).with_context(at)?;
        let packed = Packed::whole(&bytes).with_context(at)?;
        let digest = packed.blake3();
        spool.add(packed)?;
        Ok((digest, bytes.len() as u64))
    }
}

/// What an image says that it is.
struct Identity {
    product: String,
    version: Version,
}

/// The last name of a path.
fn named(path: &Path) -> Result<EntryPath> {
    let name = path.file_name().unwrap_or_default();
    Ok(EntryPath::new(std::os::unix::ffi::OsStrExt::as_bytes(name))?)
}
