mod pruned;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use fastrand::Rng;

use super::*;
use crate::store::Directory;
use crate::store::memory::Memory;

/// Adds a generation: packs, an index of names of packs, and a snapshot of the names of all indexes so far.
fn back_up(place: &dyn ObjectStore, rng: &mut Rng) {
    let add = |kind, content: Vec<u8>| {
        let object = Object { kind, name: ObjectName::of(&content) };
        place.write(object, &[content.into()]).unwrap();
        object.name
    };
    let packs: Vec<ObjectName> = (0..rng.usize(1..12))
        .map(|_| add(ObjectKind::Pack, (0..rng.usize(1..3000)).map(|_| rng.u8(..)).collect()))
        .collect();
    add(ObjectKind::Index, packs.iter().flat_map(|name| *name.bytes()).collect());
    let indexes = place.list(ObjectKind::Index).unwrap();
    add(ObjectKind::Snapshot, indexes.iter().flat_map(|found| *found.name.bytes()).collect());
}

fn repository(rng: &mut Rng) -> Memory {
    let place = Memory::default();
    place.set(Object::CONFIG, vec![rng.u8(..); 40]);
    let key = vec![rng.u8(..); 50];
    place.set(Object { kind: ObjectKind::Key, name: ObjectName::of(&key) }, key);
    for _ in 0..rng.usize(1..4) {
        back_up(&place, rng);
    }
    place
}

/// Whether each object holds what its name says, and finds there whatever it names.
fn assert_whole(place: &dyn ObjectStore) {
    let names = |kind| -> BTreeSet<ObjectName> {
        place.list(kind).unwrap().iter().map(|stored| stored.name).collect()
    };
    let (packs, indexes) = (names(ObjectKind::Pack), names(ObjectKind::Index));
    for (kind, named) in [
        (ObjectKind::Index, &packs),
        (ObjectKind::Snapshot, &indexes),
        (ObjectKind::Pack, &BTreeSet::new()),
        (ObjectKind::Key, &BTreeSet::new()),
    ] {
        for name in names(kind) {
            let content = place.read(Object { kind, name }).unwrap();
            assert_eq!(ObjectName::of(&content), name);
            if named.is_empty() && matches!(kind, ObjectKind::Pack | ObjectKind::Key) {
                continue;
            }
            for name in content.as_chunks::<32>().0 {
                assert!(named.contains(&ObjectName::new(*name)), "{kind}");
            }
        }
    }
    let any = ObjectKind::ALL.iter().any(|kind| !place.list(*kind).unwrap().is_empty());
    assert!(!any || place.read(Object::CONFIG).is_ok());
}

fn mirror(local: &dyn ObjectStore, far: &dyn ObjectStore) -> Result<Mirrored, MirrorError> {
    Mirror { local, far }.run(&mut |_| ())
}

#[test]
fn a_mirror_is_equal_and_the_next_has_nothing_to_do() {
    let mut rng = Rng::with_seed(1);
    let (local, far) = (repository(&mut rng), Memory::default());
    let mut last = MirrorProgress::default();
    let first = Mirror { local: &local, far: &far }.run(&mut |progress| last = progress).unwrap();
    assert!(local.state_of() == far.state_of());
    assert_eq!(first.objects, local.state_of().len() as u64 - 1);
    assert!(last.done == last.total && last.done == first.bytes && first.bytes > 0, "{last:?}");
    let again = mirror(&local, &far).unwrap();
    assert_eq!(again, Mirrored { already: first.objects, ..Mirrored::default() });
    assert_eq!(far.written().len(), local.state_of().len());
    let kinds: Vec<ObjectKind> = far.written().iter().map(|object| object.kind).collect();
    assert!(kinds.is_sorted() || kinds[0] == ObjectKind::Config, "{kinds:?}");
}

#[test]
fn a_cut_at_any_call_on_either_side_leaves_a_whole_repository_and_the_next_ends() {
    let mut rng = Rng::with_seed(2);
    let local = repository(&mut rng);
    for side in 0..2 {
        let mut cuts = 0;
        loop {
            let far = Memory::default();
            let cut = [&local, &far][side];
            cut.stop_after(Some(cuts));
            let ended = mirror(&local, &far);
            cut.stop_after(None);
            assert_whole(&far);
            mirror(&local, &far).unwrap();
            assert!(local.state_of() == far.state_of());
            if ended.is_ok() {
                break;
            }
            cuts += 1;
        }
        assert!(cuts > local.state_of().len(), "{cuts}");
    }
}

#[test]
fn thousands_of_cuts_while_backups_go_on_lose_nothing() {
    let mut cuts = 0;
    for seed in 0..200 {
        let mut rng = Rng::with_seed(seed);
        let (local, far) = (repository(&mut rng), Memory::default());
        loop {
            let cut = [&local, &far][rng.usize(0..2)];
            cut.stop_after(Some(rng.usize(0..25)));
            let ended = mirror(&local, &far);
            local.stop_after(None);
            far.stop_after(None);
            assert_whole(&far);
            if ended.is_ok() {
                break;
            }
            cuts += 1;
            if rng.u8(..) < 40 {
                back_up(&local, &mut rng);
            }
        }
        assert!(local.state_of() == far.state_of(), "{seed}");
        assert_eq!(far.written().len(), far.state_of().len(), "{seed}: written twice");
    }
    assert!(cuts > 500, "{cuts}");
}

#[test]
fn what_is_backed_up_meanwhile_is_left_to_the_next() {
    for at in 0..40 {
        let (local, far) = (repository(&mut Rng::with_seed(3)), Memory::default());
        let later = repository(&mut Rng::with_seed(3));
        back_up(&later, &mut Rng::with_seed(99));
        local.comes_after(at, later.state_of());
        mirror(&local, &far).unwrap();
        assert_whole(&far);
        local.comes_after(0, BTreeMap::new());
        mirror(&local, &far).unwrap();
        assert!(far.state_of() == local.state_of());
    }
}

#[test]
fn what_is_damaged_is_named_and_the_rest_goes() {
    let local = repository(&mut Rng::with_seed(4));
    let far = Memory::default();
    let state = local.state_of();
    let packs: Vec<Object> =
        state.keys().copied().filter(|object| object.kind == ObjectKind::Pack).collect();
    let (rotten, short) = (packs[0], packs[1]);
    local.set(rotten, vec![0; state[&rotten].len()]);
    far.set(Object::CONFIG, state[&Object::CONFIG].clone());
    far.set(short, state[&short].slice(1..));
    let done = mirror(&local, &far).unwrap();
    assert_eq!((done.damaged_here, done.damaged_there), (vec![rotten], vec![short]));
    assert_eq!(far.state_of()[&short], state[&short].slice(1..));
    assert!(!far.state_of().contains_key(&rotten));
    assert_eq!(far.state_of().len(), state.len() - 1);
    // Made good here, it goes.
    local.set(rotten, state[&rotten].clone());
    assert_eq!(mirror(&local, &far).unwrap().objects, 1);
}

#[test]
fn another_repository_is_refused_and_stays_as_it_is() {
    let (local, far) = (repository(&mut Rng::with_seed(6)), repository(&mut Rng::with_seed(7)));
    let before = far.state_of();
    assert!(matches!(mirror(&local, &far), Err(MirrorError::OtherRepository(_))));
    assert!(far.state_of() == before);
    assert!(matches!(mirror(&Memory::default(), &far), Err(MirrorError::NoRepository(_))));
}

/// A repository whose indexes become one when the first of them is read.
struct Merged(Arc<Memory>);

impl ObjectStore for Merged {
    fn location(&self) -> String {
        self.0.location()
    }
    fn prepare(&self) -> Result<(), StoreError> {
        self.0.prepare()
    }
    fn list(&self, kind: ObjectKind) -> Result<Vec<Stored>, StoreError> {
        self.0.list(kind)
    }
    fn read(&self, object: Object) -> Result<Bytes, StoreError> {
        let indexes = self.0.list(ObjectKind::Index).unwrap();
        if object.kind == ObjectKind::Index && indexes.len() > 1 {
            let indexes = indexes.iter().map(|it| Object { kind: object.kind, name: it.name });
            let mut all = Vec::new();
            for index in indexes {
                all.extend_from_slice(&self.0.read(index).unwrap());
                self.0.unset(index);
            }
            self.0.set(Object { kind: object.kind, name: ObjectName::of(&all) }, all);
        }
        self.0.read(object)
    }
    fn read_range(&self, object: Object, range: Range<u64>) -> Result<Bytes, StoreError> {
        self.0.read_range(object, range)
    }
    fn write(&self, object: Object, content: &[Bytes]) -> Result<(), StoreError> {
        self.0.write(object, content)
    }
    fn remove(&self, object: Object) -> Result<(), StoreError> {
        self.0.remove(object)
    }
}

#[test]
fn what_was_put_together_here_meanwhile_is_no_damage() {
    let (local, far) = (Arc::new(Memory::default()), Memory::default());
    let mut rng = Rng::with_seed(10);
    local.set(Object::CONFIG, "config");
    (0..3).for_each(|_| back_up(&*local, &mut rng));
    // In this model snapshots name indexes, and would name what is gone.
    for found in local.list(ObjectKind::Snapshot).unwrap() {
        local.unset(Object { kind: ObjectKind::Snapshot, name: found.name });
    }
    let done = mirror(&Merged(Arc::clone(&local)), &far).unwrap();
    assert_eq!((done.damaged_here, done.damaged_there), (vec![], vec![]));
    assert!(far.state_of() == local.state_of());
    assert_eq!(far.list(ObjectKind::Index).unwrap().len(), 1);
}

/// A directory whose machine loses its power at one of the writes, with half of an object written.
struct Torn {
    place: PathBuf,
    store: Directory,
    left: std::sync::atomic::AtomicUsize,
}

impl ObjectStore for Torn {
    fn location(&self) -> String {
        self.store.location()
    }
    fn prepare(&self) -> Result<(), StoreError> {
        self.store.prepare()
    }
    fn list(&self, kind: ObjectKind) -> Result<Vec<Stored>, StoreError> {
        self.store.list(kind)
    }
    fn read(&self, object: Object) -> Result<Bytes, StoreError> {
        self.store.read(object)
    }
    fn read_range(&self, object: Object, range: Range<u64>) -> Result<Bytes, StoreError> {
        self.store.read_range(object, range)
    }
    fn write(&self, object: Object, content: &[Bytes]) -> Result<(), StoreError> {
        use std::sync::atomic::Ordering::Relaxed;
        if self.left.fetch_sub(1, Relaxed) > 0 {
            return self.store.write(object, content);
        }
        let path = self.place.join(object.path());
        let name = path.file_name().unwrap().to_str().unwrap();
        let half = content.concat();
        fs::write(path.with_file_name(format!(".{name}.1-0.new")), &half[..half.len() / 2])
            .unwrap();
        Err(StoreError::new(self.location(), "write", StoreProblem::Away("cut".into())))
    }
    fn remove(&self, object: Object) -> Result<(), StoreError> {
        self.store.remove(object)
    }
}

#[test]
fn hundreds_of_torn_writes_in_a_directory_leave_nothing() {
    let mut rng = Rng::with_seed(9);
    let local = Memory::default();
    local.set(Object::CONFIG, "config");
    while local.state_of().len() < 500 {
        back_up(&local, &mut rng);
    }
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().to_owned();
    let mut cuts = 0;
    loop {
        let store = Directory::new(&place);
        let far = Torn { place: place.clone(), store, left: 1.into() };
        let ended = mirror(&local, &far);
        if cuts % 50 == 0 {
            assert_whole(&far.store);
        }
        if ended.is_ok() {
            break;
        }
        cuts += 1;
    }
    assert!(cuts >= 499, "{cuts}");
    let far = Directory::new(&place);
    assert_whole(&far);
    let names = walk(&place);
    assert!(names.iter().all(|name| !name.starts_with('.')), "{names:?}");
    assert_eq!(names.len(), local.state_of().len());
}

fn walk(place: &std::path::Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(place).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            names.extend(walk(&entry.path()));
        } else {
            names.push(entry.file_name().into_string().unwrap());
        }
    }
    names
}
