//! Makes a [`Unit`] of loaded packages: the order in which declarations are read.
//!
//! Names first, then what conditions need (issuers, context, segments, servers, data), then
//! constants, classes, and at last what is written in terms of all of them.

use super::items::{self, Items};
use super::symbols::{ConstId, Entity, Symbols};
use super::{
    ConstDecl, Name, Place, PredicateDecl, Unit, annotations, classes, context, data, declare, grants, guard, imports,
    issuers, labels, names, order, overlap, rules, segments, servers, tags, types,
};
use crate::check;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::{e0130, e0131};
use crate::hir::{Expr, ExprKind, Monitor, Package, Predicate, PredicateId, Program, SourceId, VarId};
use crate::index::Recorder;
use crate::package::Loaded;
use crate::types::Type;
use mcpz_syntax::ast::{self, AstNode};
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// Resolves everything that is declared; lookups are written down when there is a recorder. With a focus the rules, tests
/// and assertions of that source alone.
pub fn unit(loaded: &Loaded, recorder: Option<Recorder>, focus: Option<SourceId>, sink: &mut Vec<Diagnostic>) -> Unit {
    let mut items = items::collect(loaded, focus);
    let declarations = declare::declare(loaded, &items, sink);
    let mut symbols = declarations.symbols;
    symbols.recorder = recorder;
    imports::resolve(&items, &mut symbols, sink);
    guard::report(&items, loaded, sink);
    let circular_values = arrange_values(&mut items, &mut symbols, sink);
    let circular_classes = classes::arrange(&mut items, &mut symbols, sink);
    let mut unit = empty(loaded, symbols, &items);
    unit.declared = declare::renumbered(declarations.declared, &unit.symbols);
    unit.program.issuers = issuers::read(&items, sink);
    unit.program.context = context::read(&items, sink);
    unit.program.segments = segments::read(&items, sink);
    unit.profiles = servers::profiles(&items, loaded, sink);
    servers::read(&items, loaded, &mut unit, sink);
    unit.program.data = data::read(&items, loaded, sink);
    read_values(&items, &circular_values, &mut unit, sink);
    unit.const_values = check::check_consts(&unit, sink);
    classes::read(&items, &circular_classes, &mut unit, sink);
    overlap::report(&items, &unit.program, sink);
    tags::read(&items, &mut unit, sink);
    unit.program.labels = labels::read(&items, &unit, sink);
    unit.program.stores = labels::stores(&items, &unit, sink);
    unit.program.declassify = labels::declassify(&items, &unit, sink);
    unit.program.sensitive = labels::sensitive(&items, &unit, sink);
    unit.program.flows = segments::flows(&items, &unit, sink);
    unit.program.grants = grants::read(&items, &unit, sink);
    unit.rules = rules::read(&items, &unit, sink);
    unit.allowed = annotations::allowed(&items, sink);
    unit
}

/// A unit with nothing read yet.
fn empty(loaded: &Loaded, symbols: Symbols, items: &Items) -> Unit {
    let package = |package: &crate::package::LoadedPackage| Package {
        name: package.name().to_owned(),
        version: package.manifest.version.clone(),
        guard: package.manifest.guard,
    };
    let monitor = |item: &super::Placed<ast::Monitor>| {
        let (name, span) = issuers::name_span(item.place, item.ast.name(), &item.ast);
        Monitor { name, span }
    };
    let program = Program {
        packages: loaded.packages.iter().map(package).collect(),
        // Policies come first; manifests and locks are no part of the program.
        sources: loaded.sources.iter().take(loaded.files.len()).cloned().collect(),
        monitors: items.monitors.iter().map(monitor).collect(),
        ..Program::default()
    };
    Unit {
        symbols,
        program,
        class_items: Vec::new(),
        consts: Vec::new(),
        const_values: Vec::new(),
        predicates: Vec::new(),
        tags: Vec::new(),
        profiles: Vec::new(),
        rules: Vec::new(),
        tests: items.tests.clone(),
        asserts: items.asserts.clone(),
        monitors: items.monitors.clone(),
        declared: Vec::new(),
        allowed: Vec::new(),
        next_var: 0,
    }
}

/// Which constants and predicates are in circles, in their new order.
struct Circular {
    consts: Vec<bool>,
    predicates: Vec<bool>,
}

/// Puts constants and predicates into dependency order: items and symbols are renumbered.
fn arrange_values(items: &mut Items, symbols: &mut Symbols, sink: &mut Vec<Diagnostic>) -> Circular {
    let consts = items.consts.len();
    let total = consts + items.predicates.len();
    let uses: Vec<Vec<usize>> = (0..total).map(|row| value_uses(items, symbols, row)).collect();
    let order = order::dependency_order(&uses);
    for circle in &order.circles {
        report_circle(items, circle, sink);
    }
    let circular: BTreeSet<usize> = order.circles.iter().flatten().copied().collect();
    let (const_rows, predicate_rows): (Vec<usize>, Vec<usize>) = order.rows.iter().partition(|row| **row < consts);
    let mut now = vec![usize::MAX; total];
    for rows in [&const_rows, &predicate_rows] {
        rows.iter().enumerate().for_each(|(new, old)| now[*old] = new);
    }
    let row = |old: usize| now.get(old).copied().unwrap_or(usize::MAX);
    symbols.renumber(|entity| match entity {
        Entity::Const(id) => Entity::Const(ConstId::new(row(id.index()))),
        Entity::Predicate(id) => Entity::Predicate(PredicateId::new(row(id.index() + consts))),
        other => other,
    });
    items.consts = const_rows.iter().map(|row| items.consts[*row].clone()).collect();
    items.predicates = predicate_rows.iter().map(|row| items.predicates[*row - consts].clone()).collect();
    Circular {
        consts: const_rows.iter().map(|row| circular.contains(row)).collect(),
        predicates: predicate_rows.iter().map(|row| circular.contains(row)).collect(),
    }
}

/// The rows of constants and predicates that a definition uses; predicates stand after constants.
fn value_uses(items: &Items, symbols: &Symbols, row: usize) -> Vec<usize> {
    let consts = items.consts.len();
    let (place, body, local) = match items.consts.get(row) {
        Some(item) => (item.place, item.ast.value(), Vec::new()),
        None => {
            let item = &items.predicates[row - consts];
            let parameters = item.ast.params();
            let local: Vec<String> = parameters.iter().filter_map(|param| param.name()).map(|name| name.text).collect();
            (item.place, item.ast.body(), local)
        }
    };
    let Some(body) = body else { return Vec::new() };
    let paths = body.syntax().descendants().filter_map(ast::Path::cast);
    let used = |path: ast::Path| {
        let path = names(place, &path);
        if path.first().is_some_and(|first| local.contains(&first.text.to_string())) {
            return None;
        }
        match symbols.value(place, &path)? {
            (Entity::Const(id), _) => Some(id.index()),
            (Entity::Predicate(id), _) => Some(id.index() + consts),
            _ => None,
        }
    };
    paths.filter_map(used).collect()
}

/// Reports a circle at its first definition.
fn report_circle(items: &Items, circle: &[usize], sink: &mut Vec<Diagnostic>) {
    let named = |row: &usize| match items.consts.get(*row) {
        Some(item) => issuers::name_span(item.place, item.ast.name(), &item.ast),
        None => {
            let item = &items.predicates[*row - items.consts.len()];
            issuers::name_span(item.place, item.ast.name(), &item.ast)
        }
    };
    let found: Vec<(SmolStr, crate::hir::Span)> = circle.iter().map(named).collect();
    let Some((_, span)) = found.first() else { return };
    let mut texts: Vec<String> = found.iter().map(|(name, _)| name.to_string()).collect();
    texts.extend(texts.first().cloned());
    let kind = if circle.first().is_some_and(|row| *row < items.consts.len()) { "constant" } else { "predicate" };
    sink.push(e0130::recursion(*span, kind, &texts));
}

/// Reads the heads of constants and predicates.
fn read_values(items: &Items, circular: &Circular, unit: &mut Unit, sink: &mut Vec<Diagnostic>) {
    for (row, item) in items.consts.iter().enumerate() {
        let (text, span) = issuers::name_span(item.place, item.ast.name(), &item.ast);
        unit.consts.push(ConstDecl {
            name: Name { text, span },
            place: item.place,
            ast: item.ast.clone(),
            declared: item.ast.ty().map(|ty| types::type_of(item.place, &ty, sink)),
            circular: circular.consts.get(row).copied().unwrap_or(false),
        });
    }
    for (row, item) in items.predicates.iter().enumerate() {
        let (text, span) = issuers::name_span(item.place, item.ast.name(), &item.ast);
        let parameters = parameters(item.place, &item.ast, &mut unit.next_var, sink);
        unit.program.predicates.push(Predicate {
            name: text.clone(),
            package: item.place.package,
            parameters: parameters.iter().map(|(_, var, ty)| (*var, ty.clone())).collect(),
            body: Expr { kind: ExprKind::Error, ty: Type::Error, span },
            span,
        });
        unit.predicates.push(PredicateDecl {
            name: Name { text, span },
            place: item.place,
            ast: item.ast.clone(),
            parameters,
            circular: circular.predicates.get(row).copied().unwrap_or(false),
        });
    }
}

/// The parameters of a predicate; two of one name are reported.
fn parameters(
    place: Place,
    predicate: &ast::Predicate,
    next_var: &mut u32,
    sink: &mut Vec<Diagnostic>,
) -> Vec<(Name, VarId, Type)> {
    let mut parameters: Vec<(Name, VarId, Type)> = Vec::new();
    for param in predicate.params() {
        let Some(ident) = param.name() else { continue };
        let name = Name::new(place, &ident);
        let ty = param.ty().map_or(Type::Error, |ty| types::type_of(place, &ty, sink));
        if let Some((first, _, _)) = parameters.iter().find(|(known, _, _)| known.text == name.text) {
            sink.push(e0131::duplicate_parameter(name.span, &name.text, first.span));
        }
        parameters.push((name, VarId(*next_var), ty));
        *next_var += 1;
    }
    parameters
}
