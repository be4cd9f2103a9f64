//! Contacts come from a file: how far it is shows, and every line that was not taken.

use std::io::Write;

use super::signed_in;

#[tokio::test]
async fn contacts_are_imported_from_a_file_and_every_bad_line_is_told() {
    let (beckon, browser) = signed_in().await;
    let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    writeln!(file, "email,first_name,last_name,title").unwrap();
    for number in 0..2_000 {
        writeln!(file, "person{number}@example.com,Person,Number {number},Engineer").unwrap();
    }
    writeln!(file, "not-an-address,Joe,,").unwrap();
    file.flush().unwrap();

    browser.open("/contacts").await;
    browser.see("No contacts yet").await;
    browser.click("Import contacts").await;
    browser.upload("CSV file", file.path()).await;
    // What the bar said is kept, for it is gone with the import.
    let watch = "window.told = []; new MutationObserver(() => window.told.push(document.querySelector('[data-import-progress]').innerText))
                   .observe(document.querySelector('[data-import-progress]'), { subtree: true, childList: true, characterData: true });";
    browser.ask(watch, vec![]).await.unwrap();
    browser.click("Import").await;
    browser.see("Imported, but not every line").await;
    let told = browser.ask("return window.told.join(' ');", vec![]).await.unwrap();
    assert!(told.as_str().unwrap().contains("of 2,001 lines"), "{told}");
    browser.see_in("Created", "2,000").await;
    browser.axe("an import's report").await;
    browser.see_in("email", "2002").await;
    browser.click("Show contacts").await;
    browser.fill("Search contacts", "1234").await;
    browser.see("person1234@example.com").await;
    assert!(!beckon.api.list("/api/v1/contacts", 250).await.is_empty());
    browser.close().await;
}
