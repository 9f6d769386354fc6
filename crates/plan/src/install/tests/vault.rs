//! The vault's volume: made, and kept with the data.

use super::*;
use crate::model::Device;
use crate::volumes::named;

#[test]
fn the_vault_has_a_filesystem_for_few_large_files() {
    let (plan, binding) = ready(&world("ssd-64gb"));
    let vault = plan.layout.as_ref().unwrap().vault.unwrap();
    let made = plan.steps.iter().filter_map(|step| match step {
        Step::CreateFilesystem(it) if it.label == crate::vault::LABEL => Some(it),
        _ => None,
    });
    let [made] = made.collect::<Vec<_>>()[..] else { panic!() };
    assert_eq!(made.inodes, Some(4096 + vault.0 / (1 << 20)));
    let step = Step::CreateFilesystem(made.clone());
    let shown = format!("{:?}", step.actions(&binding));
    assert!(shown.contains("-N") && shown.contains("lv-vault"), "{shown}");
    // Nothing mounts it: that is for zshield alone, when it needs it.
    let uses =
        |step: &&Step| matches!(step, Step::Mount(it) if format!("{it:?}").contains("lv-vault"));
    assert_eq!(plan.steps.iter().filter(uses).count(), 0);
    let files = plan.steps.iter().filter_map(|step| match step {
        Step::WriteFiles(WriteFiles { files, .. }) => Some(files),
        _ => None,
    });
    assert!(
        files.flatten().all(|file| file.path != "etc/fstab" || !file.content.contains("vault"))
    );
}

#[test]
fn a_vault_is_kept_with_the_data_and_one_that_was_never_finished_is_none() {
    let mut world = world("ssd-64gb");
    let size = world.disks[1].identity.size;
    world.disks[1].partitions[0].number = 1;
    world.disks[1].partitions[0].size = Bytes(size.0 - (2 << 20));
    for (vault, goes, made) in
        [("lv-vault", &["snap0"][..], 0), ("lv-vault-next", &["snap0", "lv-vault-next"], 1)]
    {
        let volumes = ["lv-user", "lv-audit", "snap0", vault];
        world.groups = vec![group("vgroup", &["sdb"], &volumes)];
        let Assessment::AppliancePresent { rebuild, .. } = look(&world) else { panic!() };
        let plan = rebuild.unwrap().plan;
        let removed = plan.steps.iter().filter_map(|step| match step {
            Step::RemoveVolume(RemoveVolume { volume, .. }) => Some(volume.as_str()),
            _ => None,
        });
        assert_eq!(removed.collect::<Vec<_>>(), goes);
        let is_made =
            |step: &&Step| matches!(step, Step::CreateVolume(it) if it.volume == named("lv-vault"));
        assert_eq!(plan.steps.iter().filter(is_made).count(), made);
        assert!(check::violations(&plan, &world).is_empty());
        // A plan that would make its filesystem anew breaks a rule.
        if vault == "lv-vault" {
            let device = Device::Volume(plan.group.clone(), named("lv-vault"));
            let mut bad = *plan.clone();
            bad.steps.insert(2, crate::vault::filesystem(device, Bytes::gib(1), ids().vault));
            let found = check::violations(&bad, &world);
            assert!(found.iter().any(|it| it.finding.rule() == Rule::DataIsKept), "{found:?}");
        }
    }
}
