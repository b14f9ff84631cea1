//! What rules hide, in texts before and after.

use super::*;
use mcpz_runtime::decision::{RuleId, StepImage};

fn rule(what: RedactWhat, how: RedactHow) -> RedactionObligation {
    RedactionObligation { rule: RuleId::new(0), what, how }
}

fn field(name: &str, how: RedactHow) -> RedactionObligation {
    rule(RedactWhat::Field(vec![StepImage::Field(name.to_owned())]), how)
}

fn redacted(text: &str, rules: &[RedactionObligation]) -> Result<String, Withheld> {
    let mut buffers = Buffers::new();
    let document = buffers.read(text.as_bytes(), &limits(10_000)).unwrap();
    let mut splices = Splices::new();
    redact(document, document.root(), rules, &mut splices)?;
    Ok(splices.apply(text))
}

#[test]
fn a_field_is_hidden_in_both_copies() {
    let text = r#"{"content":[{"type":"text","text":"{\"ssn\": \"123-45-6789\", \"n\":1}"}], "structuredContent":{"ssn":"123-45-6789","card":"4111","n": 1}}"#;
    let rules = [field("ssn", RedactHow::KeepLast(4)), field("card", RedactHow::Drop)];
    assert_eq!(
        redacted(text, &rules).unwrap(),
        r#"{"content":[{"type":"text","text":"{\"ssn\":\"*******6789\",\"n\":1}"}],"structuredContent":{"ssn":"*******6789","n":1}}"#
    );
}

#[test]
fn what_cannot_be_read_is_withheld() {
    let rules = [field("ssn", RedactHow::Drop)];
    for text in [
        r#"{"content":[{"type":"text","text":"the ssn is 123"}]}"#,
        r#"{"content":[{"type":"image","data":"aa","mimeType":"image/png"}],"structuredContent":{}}"#,
        r#"{"contents":[{"uri":"x:","blob":"aa"}]}"#,
        r#"{"content":[{"type":"text","text":"{\"ssn\":1,\"ssn\":2}"}]}"#,
    ] {
        assert_eq!(redacted(text, &rules), Err(Withheld), "{text}");
    }
    let pattern = [rule(RedactWhat::Matching("(".to_owned()), RedactHow::Drop)];
    assert_eq!(redacted("{}", &pattern), Err(Withheld));
}

#[test]
fn patterns_hide_in_strings_numbers_and_keys() {
    let text = r#"{"content":[{"type":"text","text":"key sk-abc123 end"}],"n":4111111111111111,"sk-abc123":[ 1 ]}"#;
    let rules = [
        rule(RedactWhat::Matching("sk-[a-z0-9]+".to_owned()), RedactHow::Replace("[key]".to_owned())),
        rule(RedactWhat::Matching("[0-9]{16}".to_owned()), RedactHow::KeepLast(4)),
    ];
    assert_eq!(
        redacted(text, &rules).unwrap(),
        r#"{"content":[{"type":"text","text":"key [key] end"}],"n":"************1111","[key]":[ 1 ]}"#
    );
}

#[test]
fn a_key_and_its_value_are_both_hidden() {
    let rules = [rule(RedactWhat::Matching("sk-[a-z0-9]+".to_owned()), RedactHow::Replace("[key]".to_owned()))];
    let text = r#"{"sk-a":"sk-b","sk-c":{"sk-d":"sk-e"},"n": [ 1 ]}"#;
    assert_eq!(redacted(text, &rules).unwrap(), r#"{"[key]":"[key]","[key]":{"[key]":"[key]"},"n":[ 1 ]}"#);
    let with_field = [rules[0].clone(), field("sk-a", RedactHow::KeepLast(1))];
    let text = r#"{"structuredContent":{"sk-a":"xyz"}}"#;
    assert_eq!(redacted(text, &with_field).unwrap(), r#"{"structuredContent":{"[key]":"**z"}}"#);
}

fn error_redacted(text: &str, rules: &[RedactionObligation]) -> Result<String, Withheld> {
    let mut buffers = Buffers::new();
    let document = buffers.read(text.as_bytes(), &limits(text.len())).unwrap();
    let mut splices = Splices::new();
    redact_error(document, document.root(), rules, &mut splices)?;
    Ok(splices.apply(text))
}

#[test]
fn errors_hide_what_patterns_hide_in_all_of_them() {
    let matching =
        |pattern: &str| [rule(RedactWhat::Matching(pattern.to_owned()), RedactHow::Replace("[key]".to_owned()))];
    let text = r#"{"code":-32000,"message":"no key sk-abc123","data":{"why":["sk-abc123"]},"sk-a": 1,"of":"sk-b"}"#;
    assert_eq!(
        error_redacted(text, &matching("sk-[a-z0-9]+|message|code|data")).unwrap(),
        r#"{"code":-32000,"message":"no key [key]","data":{"why":["[key]"]},"[key]":1,"of":"[key]"}"#
    );
    assert_eq!(error_redacted(text, &matching("32000")), Err(Withheld), "an error has a code");
    assert_eq!(error_redacted(r#""sk-abc""#, &matching("sk-[a-z]+")).unwrap(), r#""[key]""#);
}

#[test]
fn an_error_is_withheld_where_a_field_is_hidden() {
    for text in [r#"{"code":1,"message":"123"}"#, r#"{"code":1,"message":"","data":{"ssn":"123"}}"#] {
        assert_eq!(error_redacted(text, &[field("ssn", RedactHow::Drop)]), Err(Withheld));
        assert_eq!(error_redacted(text, &[]).unwrap(), text);
    }
}

#[test]
fn what_is_told_of_a_task_or_of_progress_hides_what_its_answer_would() {
    let key = rule(RedactWhat::Matching("sk-[a-z0-9]+".to_owned()), RedactHow::Replace("[key]".to_owned()));
    let told = |text: &str, rules: &[RedactionObligation]| {
        let mut buffers = Buffers::new();
        let document = buffers.read(text.as_bytes(), &limits(text.len())).unwrap();
        let mut splices = Splices::new();
        redact_told(document, document.root(), rules, &mut splices)?;
        Ok(splices.apply(text))
    };
    let text = r#"{"taskId":"sk-1","status":"working","statusMessage":"asks sk-2"}"#;
    let keyed = r#"{"taskId":"sk-1","status":"working","statusMessage":"asks [key]"}"#;
    assert_eq!(told(text, std::slice::from_ref(&key)), Ok(keyed.to_owned()));
    let ssn = field("ssn", RedactHow::KeepLast(1));
    let silent = r#"{"taskId":"sk-1","status":"working"}"#;
    assert_eq!(told(text, std::slice::from_ref(&ssn)), Ok(silent.to_owned()));
    let progress = r#"{"progressToken":1,"progress":2,"message":"asks sk-2"}"#;
    assert_eq!(told(progress, std::slice::from_ref(&key)), Ok(progress.replace("sk-2", "[key]")));
    let bare = r#"{"progressToken":1,"progress":2}"#;
    assert_eq!(told(progress, std::slice::from_ref(&ssn)), Ok(bare.to_owned()));
    let done = r#"{"taskId":"t","result":{"content":[],"structuredContent":{"ssn":"123"}}}"#;
    let hidden = r#"{"taskId":"t","result":{"content":[],"structuredContent":{"ssn":"**3"}}}"#;
    assert_eq!(told(done, &[key.clone(), ssn.clone()]), Ok(hidden.to_owned()));
    let failed = r#"{"taskId":"t","error":{"code":1,"message":"no sk-2"}}"#;
    assert_eq!(told(failed, &[ssn]), Err(Withheld));
    assert_eq!(told(failed, &[key]), Ok(failed.replace("sk-2", "[key]")));
}

#[test]
fn on_the_same_bytes_drop_beats_replace_beats_keep() {
    let matching = |pattern: &str, how| rule(RedactWhat::Matching(pattern.to_owned()), how);
    let text = r#"{"a":"xx1234yy"}"#;
    let keep = matching("1234", RedactHow::KeepLast(2));
    let replace = matching("12", RedactHow::Replace("#".to_owned()));
    let drop = matching("34y", RedactHow::Drop);
    assert_eq!(redacted(text, &[keep.clone(), replace.clone()]).unwrap(), r##"{"a":"xx#yy"}"##);
    assert_eq!(redacted(text, &[keep, replace, drop]).unwrap(), r#"{"a":"xxy"}"#);
    let both = [field("a", RedactHow::KeepLast(2)), field("a", RedactHow::Drop)];
    assert_eq!(
        redacted(r#"{"structuredContent":{"a":"1234","b":2}}"#, &both).unwrap(),
        r#"{"structuredContent":{"b":2}}"#
    );
}
