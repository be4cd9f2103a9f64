//! Files as people export them.

use super::*;
use crate::testing::email;
use serde_json::json;

fn ok<T>(line: &Line<T>) -> &T
where
    T: std::fmt::Debug,
{
    line.result.as_ref().unwrap()
}

#[test]
fn columns_are_known_by_the_names_other_tools_export() {
    let csv = "\u{feff}LinkedIn URL,First Name,last_name,Title,Company Name,Business Email,Website,Industry,Employee Count,traits.Tier\r\n\
               https://l/ann,Ann,Lee,\"VP, Sales\",Acme,Ann@Acme.test,https://www.acme.test/,Software,420,gold\r\n";
    let lines = contacts(csv.as_bytes()).unwrap();
    assert_eq!((lines.len(), lines[0].number), (1, 2));
    let ann = ok(&lines[0]);
    assert_eq!(ann.email, Change::Set(email("ann@acme.test")));
    let profile: Vec<_> = ann.profile.iter().map(|(name, value)| (name.as_str(), value.as_deref().unwrap())).collect();
    let expected = [
        ("company", "Acme"),
        ("first_name", "Ann"),
        ("last_name", "Lee"),
        ("linkedin_url", "https://l/ann"),
        ("title", "VP, Sales"),
    ];
    assert_eq!(profile, expected);
    assert_eq!(ann.company.new_value().unwrap().domain.as_str(), "acme.test");
    let traits = json!({ "Industry": "Software", "Employee Count": "420", "Tier": "gold" });
    assert_eq!(Value::Object(ann.traits.clone()), traits);
}

#[test]
fn a_wrong_line_fails_alone_and_says_where() {
    let csv = "email,user_id,title\nann@acme.test,,VP\nnobody,,VP\n,,CEO\n,u4,\"a\nb\"\nx@acme.test,u5,CFO,more\n\nann@b.test\n";
    let lines = contacts(csv.as_bytes()).unwrap();
    let told: Vec<(u64, Option<String>)> = lines
        .iter()
        .map(|line| (line.number, line.result.as_ref().err().map(|invalid| invalid.0[0].field.clone())))
        .collect();
    let wrong = |field: &str| Some(field.to_owned());
    assert_eq!(told, [(2, None), (3, wrong("email")), (4, wrong("line")), (5, None), (7, wrong("line")), (9, None)]);
    assert_eq!(ok(&lines[3]).profile["title"].as_deref(), Some("a\nb"));
    assert!(!ok(&lines[5]).profile.contains_key("title"), "an empty or missing cell keeps what is known");
}

#[test]
fn text_that_is_not_utf8_fails_its_line() {
    let lines = contacts(b"email,title\nann@acme.test,Gesch\xe4ft\nbob@acme.test,x\n").unwrap();
    assert_eq!(lines[0].result.as_ref().unwrap_err().0[0].field, "title");
    assert!(lines[1].result.is_ok());
}

#[test]
fn semicolons_and_tabs_are_understood() {
    for csv in ["email;title\na@b.test;VP\n", "email\ttitle\na@b.test\tVP\n"] {
        assert_eq!(ok(&contacts(csv.as_bytes()).unwrap()[0]).profile["title"].as_deref(), Some("VP"), "{csv:?}");
    }
}

#[test]
fn a_file_that_cannot_be_meant_is_refused_as_a_whole() {
    for csv in ["", "\n\n", "first name,title\nAnn,VP\n"] {
        assert_eq!(contacts(csv.as_bytes()).unwrap_err().0[0].field, "file", "{csv:?}");
    }
    let long = format!("email\n{}", "a@b.test\n".repeat(LINES_MAX + 1));
    assert!(contacts(long.as_bytes()).unwrap_err().0[0].reason.contains("100000"));
    let full = format!("email\n{}", "a@b.test\n".repeat(LINES_MAX));
    assert_eq!(contacts(full.as_bytes()).unwrap().len(), LINES_MAX);
}

#[test]
fn companies_are_read_by_domain_or_group_id() {
    let csv = "Company,Domain,Group ID,Employees,Plan\nAcme,acme.test,,\"1,200\",pro\nNobody,,,1,\nInitech,,g1,many,\nX,not a domain,,,\n";
    let lines = companies(csv.as_bytes()).unwrap();
    let acme = ok(&lines[0]);
    assert_eq!(acme.domain.new_value().unwrap().as_str(), "acme.test");
    assert_eq!((&acme.profile["name"], &acme.profile["employees"]), (&json!("Acme"), &json!(1_200)));
    assert_eq!(acme.traits["Plan"], "pro");
    let wrong = |n: usize| lines[n].result.as_ref().unwrap_err().0[0].field.clone();
    assert_eq!([wrong(1), wrong(2), wrong(3)], ["line", "Employees", "Domain"]);
}
