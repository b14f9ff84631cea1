//! How each part of a [`crate::image::BundleImage`] is written. Tags and field orders are the format.

use super::wire::{
    Reader, Wire, WireError, Writer, length_u32, read_length, read_short, wire_enum, wire_id, wire_struct, write_list,
    write_short,
};
use crate::ids::*;
use crate::image::constants::Word;
use crate::image::*;
use crate::opcode::{Instruction, Opcode, OperandKind, ResultKind};
use crate::packed::{Packed, Rows};
use crate::text::Text;
use crate::verify::ascends;
use alloc::sync::Arc;
use alloc::vec::Vec;

wire_id!(
    SymbolId,
    TypeId,
    ConstantId,
    AutomatonId,
    ZoneId,
    NativeId,
    SlotId,
    HistoryId,
    SubjectId,
    BlockId,
    TreeId,
    PatternId,
    IssuerId,
    ClassId,
    ServerId,
    SegmentId,
    LabelId,
    DataId,
    GrantId,
    RuleId,
    SourceId,
);

wire_enum!(TypeImage {
    0 => Bool, 1 => Int, 2 => Decimal, 3 => String, 4 => Bytes, 5 => Duration, 6 => Instant, 7 => Date, 8 => Time,
    9 => Weekday, 10 => Ip, 11 => Net, 12 => Host, 13 => Url, 14 => Path, 15 => Json, 16 => Null, 17 => Enum(names),
    18 => List(of), 19 => Set(of), 20 => Map(of), 21 => Record(fields), 22 => Union(members), 23 => Optional(of),
});

wire_struct!(UrlParts { text, scheme, host, port, path, query, username });
wire_struct!(WindowImage { zone, days, from_s, until_s, first_date, last_date });

wire_enum!(Constant {
    0 => Null, 1 => Bool(value), 2 => Number(units), 3 => String(text), 4 => Bytes(text), 5 => Duration(ms),
    6 => Instant(ms), 7 => Date(days), 8 => Time(seconds), 9 => Weekday(day), 10 => Ip(ip), 11 => Net(ip, length),
    12 => Host(text), 13 => Url(parts), 14 => Path(text), 15 => Segment(id), 16 => Glob { pattern, path_like },
    17 => HostPattern(text), 18 => Window(window), 19 => List(rows), 20 => Set(rows), 21 => Record(fields), 22 => Range(range),
});

impl Wire for Constants {
    /// How many constants there are and their words, with the places of texts in the table of texts; the table of ids;
    /// what no word holds.
    fn write(&self, out: &mut Writer) {
        write_short(length_u32(self.len()), out);
        let rows = self.placed(|text| out.strings.place(text.as_bytes()));
        out.bytes.extend_from_slice(&rows);
        write_short(length_u32(Rows::<u32>::of(&self.ids).len()), out);
        out.bytes.extend_from_slice(&self.ids);
        self.rare.write(out);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        let size = size_of::<<Word as Packed>::Bytes>();
        let rows = read_length(input)?;
        let rows = input.take(rows.saturating_mul(size))?.to_vec();
        let ids = read_length(input)?;
        let ids = input.take(ids.saturating_mul(size_of::<u32>()))?.to_vec();
        let constants = Constants { rows, texts: input.texts(), ids, rare: Wire::read(input)?, ..Constants::default() };
        if constants.are_whole() { Ok(constants) } else { Err(WireError("no such constant")) }
    }
}

wire_struct!(RangeImage { low, high, inclusive });
impl Wire for AutomatonImage {
    /// Its bytes as they are: there are very many.
    fn write(&self, out: &mut Writer) {
        write_short(length_u32(self.dfa.len()), out);
        out.bytes.extend_from_slice(&self.dfa);
        self.patterns.write(out);
        self.source.write(out);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        let length = read_length(input)?;
        let dfa = input.take(length)?.to_vec();
        Ok(Self { dfa, patterns: Wire::read(input)?, source: Wire::read(input)? })
    }
}

wire_struct!(YearlySwitch { month, week, weekday, time_s });
wire_struct!(ZoneRule { standard_offset_s, daylight_offset_s, begins, ends });
wire_struct!(ZoneImage { name, initial_offset_s, transitions, rule });

wire_enum!(SqlDialect { 0 => Postgres, 1 => Mysql, 2 => Sqlite, 3 => Ansi });
wire_enum!(NativeImage {
    0 => Len, 1 => Lower, 2 => Upper, 3 => Trim, 4 => Split(separator), 5 => Path, 6 => Url, 7 => Host, 8 => Ip,
    9 => Instant, 10 => Weekday(zone), 11 => Date(zone), 12 => Time(zone), 13 => Sql(dialect),
});

wire_enum!(UriPartImage { 0 => Text(text), 1 => Star, 2 => DoubleStar, 3 => Variable(name) });
wire_struct!(UriPatternImage { parts });

wire_enum!(ParameterKind { 0 => Paths, 1 => Urls, 2 => Hosts, 3 => Strings });
wire_enum!(SlotRoot {
    0 => Args, 1 => PromptArgs, 2 => UserClaims, 3 => AgentClaims, 4 => LinkClaims, 5 => LinkSpiffe, 6 => LinkUid,
    7 => Context, 8 => Now, 9 => NetworkSource, 10 => ResourceUri, 11 => UriVariable(pattern, name), 12 => Sample,
    13 => Elicit, 14 => Data(data), 15 => Collect(kind),
});
wire_struct!(SlotImage { root, path, ty });

wire_enum!(QueryKind { 0 => Count, 1 => Sum, 2 => Sequence });
wire_enum!(HistoryKey { 0 => Session, 1 => User, 2 => Agent, 3 => Caller });
wire_enum!(HistoryImage {
    0 => SessionHolds(label), 1 => Carries(label), 2 => SeenInData(data), 3 => SeenInLabel(label),
    4 => Query { text, kind, by },
});

wire_enum!(SubjectImage {
    0 => Anyone, 1 => Anonymous, 2 => AnyAgent, 3 => AnyUser, 4 => Class(class), 5 => Either(of), 6 => Both(of),
    7 => ActingFor(agent, other), 8 => Server(server),
});

impl Wire for Instruction {
    fn write(&self, out: &mut Writer) {
        let info = self.opcode.info();
        info.byte.write(out);
        if info.flags != 0 {
            self.flags.write(out);
        }
        let operands = [
            (info.result != ResultKind::None, u32::from(self.dst)),
            (info.a != OperandKind::None, self.a),
            (info.b != OperandKind::None, self.b),
        ];
        operands.iter().filter(|(used, _)| *used).for_each(|(_, operand)| write_short(*operand, out));
    }

    /// What the opcode does not use is not there, and zero.
    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        let opcode = Opcode::from_byte(u8::read(input)?).ok_or(WireError("no such opcode"))?;
        let info = opcode.info();
        let flags = if info.flags == 0 { 0 } else { u8::read(input)? };
        let mut operand = |used: bool| if used { read_short(input) } else { Ok(0) };
        let dst = operand(info.result != ResultKind::None)?;
        let dst = u16::try_from(dst).map_err(|_| WireError("no such register"))?;
        let a = operand(info.a != OperandKind::None)?;
        Ok(Instruction { opcode, flags, dst, a, b: operand(info.b != OperandKind::None)? })
    }
}

impl Wire for Blocks {
    /// Of each block how many tests it has, the tests of all, and the code of those that have none.
    fn write(&self, out: &mut Writer) {
        write_short(length_u32(self.len()), out);
        out.bytes.extend(self.plan());
        out.bytes.extend_from_slice(self.tests());
        for (registers, code) in self.others() {
            registers.write(out);
            write_list(code, out);
        }
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        let length = read_length(input)?;
        let plan = input.take(length)?;
        let tests = plan.iter().fold(0_usize, |sum, count| sum.saturating_add(usize::from(*count)));
        let size = size_of::<<Test as Packed>::Bytes>();
        let mut blocks = Blocks::read(plan, input.take(tests.saturating_mul(size))?);
        for _ in plan.iter().filter(|count| **count == 0) {
            let registers = Wire::read(input)?;
            let rows = read_length(input)?;
            let code = blocks.push_code(registers, (0..rows).map(|_| Wire::read(input)))?.to_vec();
            if (BlockImage { registers, code }).tests().is_some() {
                return Err(WireError("a conjunction is spelt as code"));
            }
        }
        blocks.shrink();
        Ok(blocks)
    }
}

impl Wire for Trees {
    /// How many nodes there are, and their records as they are read.
    fn write(&self, out: &mut Writer) {
        write_short(length_u32(self.len()), out);
        out.bytes.extend_from_slice(self.bytes());
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        let length = read_length(input)?;
        let trees = Trees::read(length, input.left()).ok_or(WireError("a node of a tree is broken"))?;
        input.take(trees.bytes().len())?;
        Ok(trees)
    }
}

wire_struct!(IssuerImage { name, url, audience, lifetime_ms, bound, claims });
wire_enum!(LinkKind { 0 => User, 1 => Agent });
wire_enum!(SourceImageKind { 0 => Issuer(issuer), 1 => Mtls, 2 => Local });
wire_enum!(ClassDefinitionImage {
    0 => Identity { source, condition }, 1 => Narrow { base, condition }, 2 => Join(of),
});
wire_struct!(ClassImage { name, kind, definition, acts_for });

wire_enum!(StepImage { 0 => Field(name), 1 => Each });
wire_struct!(CollectImage { kind, path });
wire_struct!(UnwrapsImage { server, name, arguments });
wire_struct!(PromptImage { name, parameters });

impl Wire for ToolImage {
    fn write(&self, out: &mut Writer) {
        self.name.write(out);
        let mut schema = Vec::new();
        if let Some(image) = &self.schema {
            image.encode(&mut schema);
        }
        let row = out.schemas.intern(&schema);
        row.write(out);
        write_list(&self.collect, out);
        self.unwraps.write(out);
    }

    /// The schema itself stays where it is: it is read in place.
    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        let name = Wire::read(input)?;
        let row = u32::read(input)?;
        input.tool_schemas.push(row);
        Ok(Self { name, schema: None, collect: read_places(input)?, unwraps: Wire::read(input)? })
    }
}

/// Reads the places of a tool; those that an earlier tool has too are shared with it.
fn read_places(input: &mut Reader<'_>) -> Result<Arc<[CollectImage]>, WireError> {
    if let Some(known) = input.known_places() {
        return Ok(known);
    }
    let begin = input.left();
    let places: Arc<[CollectImage]> = Vec::read(input)?.into();
    input.note_places(begin, &places);
    Ok(places)
}

wire_struct!(ServerImage {
    name,
    endpoint,
    command,
    spiffe,
    catalog_digest,
    segment,
    egress,
    refuse_extra,
    tools,
    prompts,
    resources,
    templates,
});
wire_struct!(TargetsImage { any_tool, any_resource, any_prompt, servers, tools, prompts, resources });
wire_struct!(LabelImage { name, sources });
wire_struct!(StoresImage { label, targets, key });
wire_struct!(DeclassifyImage { label, targets });
wire_struct!(SegmentImage { name, networks });
wire_struct!(FlowImage { from, to, only, forbid });
wire_struct!(DataImage { name, ty, value });
wire_struct!(SensitiveImage { targets, path });
wire_struct!(GrantImage { name, subject, at_most_ms, approvers });

wire_enum!(Action {
    0 => Call, 1 => Read, 2 => Subscribe, 3 => Get, 4 => Complete, 5 => Sample, 6 => Elicit, 7 => Roots,
});

impl Wire for SpanImage {
    fn write(&self, out: &mut Writer) {
        self.source.write(out);
        let length = self.end.wrapping_sub(self.start);
        [self.start, length, self.line, self.column].iter().for_each(|number| number.write(out));
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        let source = Wire::read(input)?;
        let start = u32::read(input)?;
        let end = start.wrapping_add(u32::read(input)?);
        Ok(SpanImage { source, start, end, line: Wire::read(input)?, column: Wire::read(input)? })
    }
}

wire_struct!(SourceImage { path });
wire_enum!(AuditLevel { 0 => None, 1 => Summary, 2 => Full });
wire_enum!(RequirementImage {
    0 => Approval { count, approvers, expires_ms }, 1 => Mfa { fresh_ms }, 2 => Scope(scopes),
});
wire_struct!(LimitImage { at_most, amount, per_ms, by });
wire_enum!(RedactWhat { 0 => Field(path), 1 => Matching(regex) });
wire_enum!(RedactHow { 0 => Drop, 1 => Replace(text), 2 => KeepFirst(count), 3 => KeepLast(count) });
wire_struct!(RedactionImage { what, how });
/// What a rule says to people that does not depend on where it stands.
type Said = (Option<Text>, Option<Text>);

impl Wire for Rules {
    /// How many rules there are and their heads; then what few of them have. Positions and docs stand in a section of
    /// their own: see [`write_positions`].
    fn write(&self, out: &mut Writer) {
        write_short(length_u32(self.len()), out);
        out.bytes.extend_from_slice(&self.heads);
        let is_text = |row: u32| self.heads().at(row).is_some_and(|head| head.id() == Some(IdForm::Text));
        self.ids.iter().filter(|(row, _)| is_text(*row)).for_each(|(_, id)| id.write(out));
        let said = |words: &RuleWords| (words.message.clone(), words.severity.clone());
        let said = self.words.iter().map(|(row, words)| (*row, said(words)));
        said.filter(|(_, said)| *said != Said::default()).collect::<Vec<_>>().write(out);
        self.requirements.write(out);
        self.limits.write(out);
        self.redactions.write(out);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        let length = read_length(input)?;
        let heads = input.take(length.saturating_mul(size_of::<<Head as Packed>::Bytes>()))?.to_vec();
        let mut rules = Rules { heads, ..Rules::default() };
        let texts = rules.heads().iter().zip(0..).filter(|(head, _)| head.id() == Some(IdForm::Text));
        let ids: Result<Vec<_>, WireError> = texts.map(|(_, row)| Ok((row, Text::read(input)?))).collect();
        rules.ids = ids?;
        let words = |(message, severity): Said| RuleWords { message, severity, docs: Text::default() };
        let said = read_few(length, input, |said: &Said| *said != Said::default())?;
        rules.words = said.into_iter().map(|(row, said)| (row, words(said))).collect();
        rules.requirements = Wire::read(input)?;
        rules.limits = Wire::read(input)?;
        rules.redactions = Wire::read(input)?;
        if rules.are_whole() { Ok(rules) } else { Err(WireError("no such rule")) }
    }
}

/// What few of so many rules have, by row.
fn read_few<T: Wire>(
    rules: usize,
    input: &mut Reader<'_>,
    says: impl Fn(&T) -> bool,
) -> Result<Vec<(u32, T)>, WireError> {
    let few: Vec<(u32, T)> = Wire::read(input)?;
    let known = few.iter().all(|(row, found)| usize::try_from(*row).is_ok_and(|row| row < rules) && says(found));
    if known && ascends(few.iter().map(|(row, _)| row)) {
        Ok(few)
    } else {
        Err(WireError("words of rules are not sorted, or there are none"))
    }
}

/// Positions and docs of rules.
pub(super) fn write_positions(rules: &Rules, out: &mut Writer) {
    out.bytes.extend_from_slice(&rules.spans);
    let docs = rules.words.iter().map(|(row, words)| (*row, words.docs.clone()));
    docs.filter(|(_, docs)| !docs.is_empty()).collect::<Vec<_>>().write(out);
}

/// Reads what [`write_positions`] wrote, for rules that were read before.
pub(super) fn read_positions(rules: &mut Rules, input: &mut Reader<'_>) -> Result<(), WireError> {
    let size = size_of::<<SpanImage as Packed>::Bytes>();
    rules.spans = input.take(rules.len().saturating_mul(size))?.to_vec();
    let docs = read_few(rules.len(), input, |docs: &Text| !docs.is_empty())?;
    let said = rules.words.len();
    for (row, docs) in docs {
        let known = rules.words.get_mut(..said).unwrap_or_default();
        match known.binary_search_by_key(&row, |(row, _)| *row).ok().and_then(|at| known.get_mut(at)) {
            Some((_, words)) => words.docs = docs,
            None => rules.words.push((row, RuleWords { docs, ..RuleWords::default() })),
        }
    }
    rules.words.sort_by_key(|(row, _)| *row);
    Ok(())
}

wire_enum!(EntryTarget { 0 => Any, 1 => Name(name), 2 => Uri(pattern) });

wire_struct!(StageTrees { shadow, forbids, permits, others });
wire_struct!(EntryImage { action, server, target, trees });
wire_enum!(ClauseKind { 0 => Subject, 1 => Where, 2 => When, 3 => Unless });
wire_struct!(ClauseDebug { kind, register, start, end, span });
wire_struct!(AtomDebug { pc, span });
wire_struct!(BlockDebug { clauses, atoms });
wire_struct!(DebugImage { texts, blocks });
