use super::*;

fn answer(status: i32, more: &str) -> DiskHealth {
    let json = format!(
        r#"{{"json_format_version":[1,0],"smartctl":{{"version":[7,3],"exit_status":{status}}},
        "model_name":"ST500NM0011","serial_number":"Z1M0ABCD"{more}}}"#
    );
    match parse(json.as_bytes()) {
        Asked::Told(health) => health,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_disk_that_does_not_answer_is_told_from_one_that_has_nothing_to_say() {
    let failed = |why: &str| {
        format!(
            r#"{{"smartctl":{{"version":[7,3],"messages":[{{"string":"{why}"}}],"exit_status":2}}}}"#
        )
    };
    let no_answer = failed("Read Device Identity failed: Input/output error");
    assert_eq!(parse(no_answer.as_bytes()), Asked::Silent);
    assert_eq!(parse(b""), Asked::Silent);
    let array = failed(
        "Smartctl open device: /dev/sda failed: DELL or MegaRaid controller, please try adding '-d megaraid,N'",
    );
    assert_eq!(parse(array.as_bytes()), Asked::Mute);
}

#[test]
fn a_disk_that_can_not_be_asked_says_nothing() {
    // Captured: a device of a virtual machine, and one that is not there.
    for text in [
        include_str!("../../../../tests/fixtures/smartctl-unknown.json"),
        include_str!("../../../../tests/fixtures/smartctl-absent.json"),
    ] {
        assert_eq!(parse(text.as_bytes()), Asked::Mute);
    }
}

#[test]
fn a_sound_disk_is_sound() {
    let health = answer(
        0,
        r#","smart_status":{"passed":true},"ata_smart_attributes":{"revision":10,"table":[
        {"id":194,"name":"Temperature_Celsius","value":31,"worst":45,"thresh":0,
         "when_failed":"","raw":{"value":68719476767,"string":"31"}},
        {"id":197,"name":"Current_Pending_Sector","value":100,"worst":100,"thresh":0,
         "when_failed":"","raw":{"value":0,"string":"0"}}]}"#,
    );
    assert_eq!(health.passed, Some(true));
    assert_eq!((health.pending, health.uncorrectable, health.worn), (0, 0, None));
    assert_eq!(health.disk, "Z1M0ABCD");
}

#[test]
fn a_failing_disk_is_told_by_its_attributes_and_by_the_bits_of_the_status() {
    let table = r#","smart_status":{"passed":false},"ata_smart_attributes":{"table":[
        {"id":5,"name":"Reallocated_Sector_Ct","when_failed":"now","raw":{"value":4095}},
        {"id":10,"name":"Spin_Retry_Count","when_failed":"past","raw":{"value":0}},
        {"id":197,"name":"Current_Pending_Sector","raw":{"value":8}},
        {"id":198,"name":"Offline_Uncorrectable","raw":{"value":3}}]}"#;
    let health = answer(FAILING | 1 << 4 | SELF_TEST, table);
    assert_eq!(health.passed, Some(false));
    assert_eq!(health.below_threshold, ["Reallocated_Sector_Ct"]);
    assert!(health.self_test_failed);
    assert_eq!((health.pending, health.uncorrectable), (8, 3));
    // What was below its threshold once, and old errors in a log, are no news.
    let past = answer(1 << 5 | 1 << 6, r#","smart_status":{"passed":true}"#);
    assert_eq!((past.passed, past.below_threshold.len()), (Some(true), 0));
    // A disk that answers in no table can still say so by the status.
    assert_eq!(answer(FAILING, "").passed, Some(false));
}

#[test]
fn what_no_number_holds_is_the_largest() {
    let errors = r#"{"total_uncorrected_errors":18446744073709551615}"#;
    let scsi = format!(r#","scsi_error_counter_log":{{"read":{errors},"write":{errors}}}"#);
    assert_eq!(answer(0, &scsi).uncorrectable, u64::MAX);
    let nvme = r#","nvme_smart_health_information_log":{"media_errors":18446744073709551615}"#;
    assert_eq!(answer(0, &format!("{scsi}{nvme}")).uncorrectable, u64::MAX);
}

#[test]
fn nvme_and_scsi_have_words_of_their_own() {
    let nvme = answer(
        0,
        r#","nvme_smart_health_information_log":{"critical_warning":4,"percentage_used":97,
        "media_errors":2},"smart_status":{"passed":true}"#,
    );
    assert_eq!((nvme.passed, nvme.worn, nvme.uncorrectable), (Some(false), Some(97), 2));
    let scsi = answer(
        0,
        r#","smart_status":{"passed":true},"scsi_error_counter_log":{
        "read":{"total_uncorrected_errors":1},"write":{"total_uncorrected_errors":2}}"#,
    );
    assert_eq!(scsi.uncorrectable, 3);
}

#[test]
fn a_count_is_known_by_its_name_and_not_by_its_number() {
    let table = |id: u32, name: &str| {
        answer(
            0,
            &format!(
                r#","ata_smart_attributes":{{"table":[{{"id":{id},"name":"{name}","value":100,
                "thresh":0,"when_failed":"","raw":{{"value":5,"string":"5"}}}}]}}"#
            ),
        )
    };
    for name in ["Current_Pending_Sector", "Pending_Sector_Count", "Total_Pending_Sectors"] {
        assert_eq!(table(197, name).pending, 5, "{name}");
    }
    for name in ["Bogus_Current_Pend_Sect", "Current_Pending_ECC_Cnt", "ECC_Uncorr_Error_Count"] {
        assert_eq!(table(197, name).pending, 0, "{name}");
    }
    for name in ["Offline_Uncorrectable", "Total_Offl_Uncorrectabl"] {
        assert_eq!(table(198, name).uncorrectable, 5, "{name}");
    }
    assert_eq!(table(198, "RAID_Recovery_Cnt").uncorrectable, 0);
}

#[test]
fn wear_is_seen_in_every_language_of_disks_and_the_worst_counts() {
    let ata = |rows: &[(u32, &str, u32)]| {
        let row = |(id, name, value): &(u32, &str, u32)| {
            format!(
                r#"{{"id":{id},"name":"{name}","value":{value},"thresh":0,"when_failed":"",
                "raw":{{"value":0}}}}"#
            )
        };
        let rows: Vec<String> = rows.iter().map(row).collect();
        answer(0, &format!(r#","ata_smart_attributes":{{"table":[{}]}}"#, rows.join(","))).worn
    };
    assert_eq!(ata(&[(233, "Media_Wearout_Indicator", 1)]), Some(99));
    assert_eq!(ata(&[(202, "Percent_Lifetime_Remain", 98)]), Some(2));
    assert_eq!(ata(&[(177, "Wear_Leveling_Count", 91), (231, "SSD_Life_Left", 10)]), Some(90));
    // Another maker's meaning of the same number, and a value that is no share of a hundred.
    assert_eq!(ata(&[(233, "Flash_Writes_GiB", 1), (231, "Temperature_Celsius", 30)]), None);
    assert_eq!(ata(&[(177, "Wear_Leveling_Count", 200)]), None);
    for (more, percent) in [
        (r#","scsi_percentage_used_endurance_indicator":11"#, 11),
        (
            r#","scsi_percentage_used_endurance_indicator":{"percentage_used_endurance_indicator":12}"#,
            12,
        ),
        (r#","endurance_used":{"current_percent":13}"#, 13),
        (
            r#","ata_device_statistics":{"pages":[{"number":7,"table":[{"offset":8,
            "name":"Percentage Used Endurance Indicator","value":14,"flags":{"valid":true}}]}]}"#,
            14,
        ),
    ] {
        assert_eq!(answer(0, more).worn, Some(percent));
    }
}

#[test]
fn heat_is_no_failure() {
    let nvme = |critical: u32| {
        answer(
            FAILING,
            &format!(
                r#","smart_status":{{"passed":false,"nvme":{{"value":{critical}}}}},
                "nvme_smart_health_information_log":{{"critical_warning":{critical},
                "percentage_used":1}}"#
            ),
        )
    };
    let hot = nvme(2);
    assert_eq!((hot.passed, &hot.warnings[..]), (Some(true), &[Warning::Hot][..]));
    assert_eq!((nvme(4).passed, nvme(4).warnings.len()), (Some(false), 0));
    assert_eq!(nvme(1).warnings, [Warning::SpareLow]);
    assert_eq!(
        nvme(2 | 8 | 16).warnings,
        [Warning::Hot, Warning::ReadOnly, Warning::CacheUnprotected]
    );
    let scsi = answer(
        FAILING,
        r#","smart_status":{"passed":false,"scsi":{"asc":11,"ascq":1,"ie_string":"hot"}}"#,
    );
    assert_eq!((scsi.passed, &scsi.warnings[..]), (Some(true), &[Warning::Hot][..]));
    let table = r#","smart_status":{"passed":true},"ata_smart_attributes":{"table":[
        {"id":190,"name":"Airflow_Temperature_Cel","when_failed":"now","raw":{"value":60}}]}"#;
    let ata = answer(1 << 4, table);
    assert_eq!((ata.below_threshold.len(), &ata.warnings[..]), (0, &[Warning::Hot][..]));
}

#[test]
fn a_field_of_another_form_says_nothing_and_hides_no_other() {
    let odd = answer(
        0,
        r#","smart_status":"PASSED","scsi_error_counter_log":[],"endurance_used":7,
        "nvme_smart_health_information_log":{"critical_warning":"0x02","media_errors":"3"},
        "ata_smart_attributes":{"table":["row",{"id":"197","name":"Current_Pending_Sector",
        "raw":{"value":"8"}},{"id":5,"name":7,"raw":9}]}"#,
    );
    assert_eq!((odd.passed, odd.pending, odd.uncorrectable, odd.worn), (None, 8, 3, None));
    for table in ["7", "{}", "null"] {
        let json = format!(r#","smart_status":{{"passed":false}},"ata_smart_attributes":{table}"#);
        assert_eq!(answer(0, &json).passed, Some(false));
    }
}
