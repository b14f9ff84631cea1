//! Which rules are about what: the question that a reviewer asks of every tool and of every person.

use mcpz_compiler::hir::{Action, ClassDefinition, ClassId, Member, Program, Rule, RuleKind, ServerId, Subject};

/// The rules about calling a tool, in order.
pub fn about_tool(program: &Program, tool: Member) -> Vec<&Rule> {
    let is_about = |rule: &&Rule| {
        let targets = &rule.targets;
        rule.actions.contains(&Action::Call)
            && (targets.any_tool || targets.servers.contains(&tool.server) || targets.tools.contains(&tool))
    };
    program.rules.iter().filter(is_about).collect()
}

/// The rules about the resources or prompts of a server, and about what it asks of clients.
pub fn about_rest(program: &Program, server: ServerId) -> Vec<&Rule> {
    let is_about = |rule: &&Rule| {
        let targets = &rule.targets;
        let asks = |subject: &Subject| matches!(subject, Subject::Server(id) if *id == server);
        let beyond_calls = rule.actions.iter().any(|action| *action != Action::Call);
        let names = targets.any_resource
            || targets.any_prompt
            || targets.servers.contains(&server)
            || targets.prompts.iter().any(|prompt| prompt.server == server)
            || targets.resources.iter().any(|resource| resource.server == server);
        beyond_calls && (names || asks(&rule.subject))
    };
    program.rules.iter().filter(is_about).collect()
}

/// The rules of this kind, apart from shadow rules, which enforce nothing.
pub fn enforced<'r>(rules: &[&'r Rule], wanted: impl Fn(&RuleKind) -> bool) -> Vec<&'r Rule> {
    rules.iter().copied().filter(|rule| !rule.shadow && wanted(&rule.kind)).collect()
}

/// The rules that name a class, one that it narrows, or one that it is part of.
pub fn naming(program: &Program, class: ClassId) -> Vec<&Rule> {
    let wider = wider(program, class);
    program.rules.iter().filter(|rule| mentions(&rule.subject, &wider)).collect()
}

/// A class with all that it narrows, and the joins that it is part of.
fn wider(program: &Program, class: ClassId) -> Vec<ClassId> {
    let mut found = vec![class];
    let mut next = class;
    while let Some(ClassDefinition::Narrow { base, .. }) = program.classes.get(next.index()).map(|row| &row.definition)
    {
        found.push(*base);
        next = *base;
    }
    for (index, row) in program.classes.iter().enumerate() {
        if let ClassDefinition::Join(parts) = &row.definition
            && parts.iter().any(|part| found.contains(part))
        {
            found.push(ClassId::new(index));
        }
    }
    found
}

fn mentions(subject: &Subject, classes: &[ClassId]) -> bool {
    match subject {
        Subject::Class(id) => classes.contains(id),
        Subject::Either(parts) | Subject::Both(parts) => parts.iter().any(|part| mentions(part, classes)),
        Subject::ActingFor(agent, user) => mentions(agent, classes) || mentions(user, classes),
        Subject::Anyone | Subject::Anonymous | Subject::AnyAgent | Subject::AnyUser | Subject::Server(_) => false,
    }
}
