//! How each part of a [`crate::image::BundleImage`] is written. Tags and field orders are the format.

use super::trees::write_list;
use super::wire::{
    IdForm, Reader, Wire, WireError, Writer, length_u32, read_difference, read_length, read_short, wire_enum, wire_id,
    wire_struct, write_difference, write_short,
};
use crate::ids::*;
use crate::image::*;
use crate::opcode::{Instruction, Opcode, OperandKind, ResultKind};
use alloc::string::String;
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

wire_struct!(RangeImage { low, high, inclusive });
wire_struct!(AutomatonImage { dfa, patterns, source });
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

impl Wire for Test {
    fn write(&self, out: &mut Writer) {
        let info = self.opcode.info();
        info.byte.write(out);
        if info.flags != 0 {
            self.flags.write(out);
        }
        self.a.write(out);
        if info.b != OperandKind::None {
            self.b.write(out);
        }
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        let opcode = Opcode::from_byte(u8::read(input)?).ok_or(WireError("no such opcode"))?;
        let info = opcode.info();
        let flags = if info.flags == 0 { 0 } else { u8::read(input)? };
        let a = u32::read(input)?;
        Ok(Test { opcode, flags, a, b: if info.b == OperandKind::None { 0 } else { u32::read(input)? } })
    }
}

impl Wire for Blocks {
    /// Of each block how many registers it has and its code; of a plain conjunction 0 and its tests.
    fn write(&self, out: &mut Writer) {
        write_short(length_u32(self.len()), out);
        for block in self.iter() {
            match block {
                Block::Plain(tests) => {
                    write_short(0, out);
                    write_list(tests, out);
                }
                Block::Code { registers, code } => {
                    write_short(u32::from(registers).saturating_add(1), out);
                    write_list(code, out);
                }
            }
        }
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        let length = read_length(input)?;
        let mut blocks = Blocks::default();
        blocks.reserve(length);
        for _ in 0..length {
            let registers = read_short(input)?.checked_sub(1);
            let rows = read_length(input)?;
            match registers {
                None => blocks.push_tests((0..rows).map(|_| Wire::read(input)))?,
                Some(registers) => {
                    let registers = u16::try_from(registers).map_err(|_| WireError("too many registers"))?;
                    blocks.push_code(registers, (0..rows).map(|_| Wire::read(input)))?;
                }
            }
        }
        blocks.shrink();
        Ok(blocks)
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
wire_enum!(RuleKindImage {
    0 => Permit(grant), 1 => Forbid, 2 => Require(requirement), 3 => Limit(limit), 4 => Redact(redactions), 5 => Audit(level),
});

/// Bits of a rule's first byte: shadow, a message, a severity; above them how a denial shows, counted from 1,
/// and how the id is given.
const SHADOW: u8 = 1;
const MESSAGE: u8 = 2;
const SEVERITY: u8 = 4;
const DENY_SHIFT: u32 = 3;
const DENY_BITS: u8 = 3;
const ID_SHIFT: u32 = 5;

/// How the id of a rule is given, in the fewest bytes.
fn id_form(rule: &RuleImage, paths: &[String]) -> IdForm {
    let path = paths.get(rule.span.source.index());
    let forms = [IdForm::Line, IdForm::Column];
    let fits = |form: &IdForm| {
        let mut id = String::new();
        path.is_some_and(|path| {
            rule_id(path, &rule.span, *form, &mut id);
            rule.id == *id
        })
    };
    forms.into_iter().find(fits).unwrap_or(IdForm::Text)
}

/// Adds the id that a rule has by its place.
pub(super) fn rule_id(path: &str, span: &SpanImage, form: IdForm, out: &mut String) {
    out.push_str(path);
    push_number(span.line, out);
    if form == IdForm::Column {
        push_number(span.column, out);
    }
}

/// Adds `:` and a number. There may be very many, and the formatter of the language takes its time.
fn push_number(number: u32, out: &mut String) {
    out.push(':');
    let mut place = number.checked_ilog10().and_then(|digits| 10_u32.checked_pow(digits)).unwrap_or(1);
    let mut rest = number;
    while let (Some(digit), Some(below)) = (rest.checked_div(place), rest.checked_rem(place)) {
        out.push(char::from_digit(digit, 10).unwrap_or('0'));
        rest = below;
        place = place.checked_div(10).unwrap_or(0);
    }
}

impl Wire for RuleImage {
    /// Docs and position stand in a section of their own, where an id that is the rule's position is made.
    fn write(&self, out: &mut Writer) {
        let bit = |set: bool, bit: u8| if set { bit } else { 0 };
        let deny: u8 = match self.deny {
            None => 0,
            Some(DenyMode::Explain) => 1,
            Some(DenyMode::StepUp) => 2,
            Some(DenyMode::Hide) => 3,
        };
        let flags = bit(self.shadow, SHADOW)
            | bit(self.message().is_some(), MESSAGE)
            | bit(self.severity().is_some(), SEVERITY);
        let form = id_form(self, &out.paths);
        let id: u8 = match form {
            IdForm::Text => 0,
            IdForm::Line => 1,
            IdForm::Column => 2,
        };
        (flags | (deny << DENY_SHIFT) | (id << ID_SHIFT)).write(out);
        if form == IdForm::Text {
            self.id.write(out);
        }
        self.kind.write(out);
        let words = self.words.as_deref();
        let said = words.into_iter().flat_map(|words| words.message.iter().chain(&words.severity));
        said.for_each(|text| text.write(out));
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        let flags = u8::read(input)?;
        let deny = match (flags >> DENY_SHIFT) & DENY_BITS {
            1 => Some(DenyMode::Explain),
            2 => Some(DenyMode::StepUp),
            3 => Some(DenyMode::Hide),
            _ => None,
        };
        let form = match flags >> ID_SHIFT {
            0 => IdForm::Text,
            1 => IdForm::Line,
            2 => IdForm::Column,
            _ => return Err(WireError("no such form of an id")),
        };
        input.ids.push(form);
        let id = if form == IdForm::Text { Wire::read(input)? } else { Default::default() };
        let kind = Wire::read(input)?;
        let words = RuleWords {
            message: (flags & MESSAGE != 0).then(|| Wire::read(input)).transpose()?,
            severity: (flags & SEVERITY != 0).then(|| Wire::read(input)).transpose()?,
            docs: String::new(),
        };
        let shadow = flags & SHADOW != 0;
        Ok(RuleImage { id, kind, shadow, deny, words: words.kept(), span: SpanImage::default() })
    }
}

wire_enum!(EntryTarget { 0 => Any, 1 => Name(name), 2 => Uri(pattern) });

impl Wire for EntryRow {
    /// The block by how far it is from the rule, as blocks stand in the order of their rules.
    fn write(&self, out: &mut Writer) {
        self.rule.write(out);
        write_difference(self.rule.0, self.block.0, out);
        write_short(self.start.wrapping_shl(1) | u32::from(self.late), out);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        let rule = RuleId::read(input)?;
        let block = BlockId(read_difference(rule.0, input)?);
        let start = read_short(input)?;
        Ok(EntryRow { rule, block, start: start >> 1, late: start & 1 == 1 })
    }
}

impl Wire for IntervalImage {
    /// The highest end of each part follows from the ends: see [`IntervalImage::fill_highest`].
    fn write(&self, out: &mut Writer) {
        self.low.write(out);
        self.high.write(out);
        self.child.write(out);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        Ok(IntervalImage {
            low: Wire::read(input)?,
            high: Wire::read(input)?,
            highest: i128::MIN,
            child: Wire::read(input)?,
            first: RuleId::default(),
        })
    }
}

wire_struct!(StageTrees { shadow, forbids, permits, others });
wire_struct!(EntryImage { action, server, target, trees });
wire_enum!(ClauseKind { 0 => Subject, 1 => Where, 2 => When, 3 => Unless });
wire_struct!(ClauseDebug { kind, register, start, end, span });
wire_struct!(AtomDebug { pc, span });
wire_struct!(BlockDebug { clauses, atoms });
wire_struct!(DebugImage { texts, blocks });
