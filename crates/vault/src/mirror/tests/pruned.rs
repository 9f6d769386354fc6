//! What this side has given up goes there too.

use super::*;

/// Whether nothing but a surplus was removed, in whatever state.
fn pruned(local: &Memory, far: &Memory) -> Result<Removed, MirrorError> {
    let mirror = Mirror { local, far };
    let surplus = mirror.surplus()?;
    assert_eq!(surplus.missing, 0);
    mirror.remove(&surplus)
}

#[test]
fn what_was_given_up_here_goes_there_cut_anywhere_and_all_else_stays() {
    let mut rng = Rng::with_seed(5);
    let old = repository(&mut rng);
    // What is left of it: one more generation, without the old ones.
    let local = Memory::default();
    local.set(Object::CONFIG, old.state_of()[&Object::CONFIG].clone());
    back_up(&local, &mut rng);
    let mut cuts = 0;
    loop {
        let far = Memory::default();
        mirror(&old, &far).unwrap();
        let behind = Mirror { local: &local, far: &far }.surplus().unwrap();
        assert_eq!(behind.missing, local.state_of().len() as u64 - 1);
        mirror(&local, &far).unwrap();
        far.stop_after(Some(cuts));
        let ended = pruned(&local, &far);
        far.stop_after(None);
        assert_whole(&far);
        pruned(&local, &far).unwrap();
        assert!(far.state_of() == local.state_of());
        if let Ok(removed) = ended {
            assert_eq!(removed.objects, old.state_of().len() as u64 - 1);
            break;
        }
        cuts += 1;
    }
    assert!(cuts > old.state_of().len(), "{cuts}");
    // Of another length it is of no use there, and the next mirror writes it.
    let (far, state) = (Memory::default(), local.state_of());
    mirror(&local, &far).unwrap();
    let pack = *state.keys().find(|object| object.kind == ObjectKind::Pack).unwrap();
    far.set(pack, state[&pack].slice(1..));
    assert_eq!(pruned(&local, &far).unwrap().objects, 1);
    assert_eq!(mirror(&local, &far).unwrap().objects, 1);
    assert!(far.state_of() == local.state_of());
}

#[test]
fn nothing_is_removed_at_a_place_of_another_repository_or_of_none() {
    let (local, far) = (repository(&mut Rng::with_seed(6)), repository(&mut Rng::with_seed(7)));
    let surplus = |far| Mirror { local: &local, far }.surplus();
    assert!(matches!(surplus(&far), Err(MirrorError::OtherRepository(_))));
    assert!(matches!(surplus(&Memory::default()), Err(MirrorError::NoRepository(_))));
}

/// A place whose objects of one kind can't be removed.
struct Locked(Arc<Memory>, ObjectKind);

impl ObjectStore for Locked {
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
        self.0.read(object)
    }
    fn read_range(&self, object: Object, range: Range<u64>) -> Result<Bytes, StoreError> {
        self.0.read_range(object, range)
    }
    fn write(&self, object: Object, content: &[Bytes]) -> Result<(), StoreError> {
        self.0.write(object, content)
    }
    fn remove(&self, object: Object) -> Result<(), StoreError> {
        if object.kind == self.1 {
            return Err(StoreError::new(self.location(), "remove", StoreProblem::NotAllowed));
        }
        self.0.remove(object)
    }
}

#[test]
fn what_can_not_be_removed_keeps_what_it_names() {
    for (locked, removed) in
        [(ObjectKind::Snapshot, &[][..]), (ObjectKind::Index, &[ObjectKind::Snapshot])]
    {
        let mut rng = Rng::with_seed(8);
        let (local, far) = (repository(&mut rng), Arc::new(Memory::default()));
        mirror(&local, &*far).unwrap();
        let state = local.state_of();
        local.become_equal_to(&[(Object::CONFIG, state[&Object::CONFIG].clone())].into());
        let place = Locked(Arc::clone(&far), locked);
        let mirror = Mirror { local: &local, far: &place };
        let done = mirror.remove(&mirror.surplus().unwrap()).unwrap();
        let of = |kinds: &[ObjectKind]| {
            state.keys().filter(|object| kinds.contains(&object.kind)).count() as u64
        };
        assert_eq!((done.objects, done.refused), (of(removed), of(&[locked])));
        assert_whole(&*far);
    }
}
