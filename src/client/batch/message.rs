//! From a notice to the octets that leave, and what they will weigh.

use crate::account::Account;
use crate::address::MailAddress;
use crate::batch::Fault;
use crate::batch::notice::{Notice, Recipe};
use crate::court::{Matter, Objection};
use crate::pec::DeliveryForm;
use crate::pec::caution::Warning;
use crate::pec::outgoing::{self, GUARANTEED_OCTETS, Limits, OutgoingMessage};
use crate::timestamp::Timestamp;
use crate::transport::compose::{ComposeError, Draft, HeaderText, compose};

/// Octets of the header of an attached part, and of the lines around it.
const PART_OCTETS: u64 = 320;
/// Octets that a message has more when it has parts.
const MULTIPART_OCTETS: u64 = 240;

/// Who sends, and what the provider takes.
#[derive(Clone, Debug)]
pub struct Sender {
    /// How the account is called.
    pub account: String,
    /// Its address.
    pub address: MailAddress,
    /// The name beside it in From.
    pub display_name: Option<String>,
    /// What the provider takes, where it is known.
    pub limits: Limits,
}

impl Sender {
    /// The account as a sender.
    pub fn of(account: &Account) -> Self {
        Self {
            account: account.name.clone(),
            address: account.address.clone(),
            display_name: account.display_name.clone(),
            limits: Limits {
                recipients: account.limits.recipients.map(|most| most as usize),
                octets: account.limits.octets_total,
            },
        }
    }
}

/// What is known of a file without keeping its octets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFacts {
    /// Octets.
    pub size: u64,
    /// Their SHA-256.
    pub sha256: String,
}

/// What a person should know of a row that can be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// Of its message, as of any other.
    Message(Warning),
    /// One file is attached twice, by whatever names.
    FileTwice(String),
    /// Two files would arrive under one name.
    SameName(String),
    /// The file stands outside the folder of the table.
    Outside(String),
    /// A cell of this column goes on with a line that has an address in it: a quotation mark may
    /// be closed a row too late.
    LineWithAddress(String),
    /// There are no files, where other rows have some.
    NoFiles,
    /// The row has no reference of its own.
    NoReference,
    /// What a law court may not take of the message, or would not and was named.
    Court(Objection),
}

impl Remark {
    /// Its word in the JSON; none where the same is a fault of a row.
    pub const fn kind(&self) -> Option<&'static str> {
        Some(match self {
            Self::Message(warning) => match warning {
                Warning::Ordinary { .. } => "ordinary",
                Warning::LookAlike { .. } => "look-alike",
                Warning::NotificationWithoutComplete(_)
                | Warning::NotificationToCopy(_)
                | Warning::NotificationToOrdinary(_) => "notification",
                Warning::VisibleRecipients(_) => "visible-recipients",
                Warning::ManyRecipients(_) => "many-recipients",
                Warning::Blocked { .. } => "blocked",
                Warning::Unsigned(_) => "unsigned",
                Warning::EmptyAttachment(_) => "empty-attachment",
                Warning::Large(_) | Warning::EmptySubject | Warning::EmptyText => return None,
            },
            Self::FileTwice(_) => "file-twice",
            Self::SameName(_) => "same-name",
            Self::Outside(_) => "outside",
            Self::LineWithAddress(_) => "line-with-address",
            Self::NoFiles => "no-files",
            Self::NoReference => "no-reference",
            Self::Court(objection) => of_court(&objection.matter),
        })
    }
}

/// The word for what a court may not take: one of each kind is told.
const fn of_court(matter: &Matter) -> &'static str {
    match matter {
        Matter::FileSize { .. } | Matter::ReceiptSize { .. } | Matter::Sum { .. } => "court-size",
        Matter::Count { .. } => "court-count",
        Matter::NameLength { .. }
        | Matter::NameSigns
        | Matter::LostEnding
        | Matter::DoubleEnding => "court-name",
        Matter::Form { .. }
        | Matter::SignedForm
        | Matter::Content { .. }
        | Matter::Archive
        | Matter::NotAllSeen => "court-form",
        Matter::NoAcceptance
        | Matter::NoOutcome
        | Matter::NotAccepted
        | Matter::NotDelivered
        | Matter::Ordinary
        | Matter::Contradictory
        | Matter::Brief
        | Matter::Concise
        | Matter::Doubted
        | Matter::AsksLess
        | Matter::Copy => "court-receipt",
        Matter::OldRules => "court-rules",
    }
}

/// The files that rows name, relative to the table.
pub trait Files {
    /// Size and digest.
    ///
    /// # Errors
    /// The system's words.
    fn look(&mut self, name: &str) -> Result<FileFacts, String>;

    /// The octets.
    ///
    /// # Errors
    /// The system's words.
    fn read(&mut self, name: &str) -> Result<Vec<u8>, String>;

    /// What a person should know of a file that can be read.
    fn remarks(&mut self, _name: &str) -> Vec<Remark> {
        Vec::new()
    }
}

/// The message of a notice, with the octets of its files.
///
/// # Errors
/// What the builder or the provider would not take.
pub(super) fn freeze(
    notice: &Notice,
    recipe: &Recipe,
    sender: &Sender,
    files: Vec<(String, Vec<u8>)>,
    message_id: String,
    date: Timestamp,
) -> Result<OutgoingMessage, Vec<Fault>> {
    let mut fields = Vec::new();
    if form(recipe) != DeliveryForm::Complete {
        fields.push(("X-TipoRicevuta", form(recipe).word().to_owned()));
    }
    let draft = Draft {
        from: sender.address.clone(),
        from_name: sender.display_name.clone(),
        to: notice.to.clone(),
        cc: notice.cc.clone(),
        reply_to: recipe.reply_to.as_deref().map(MailAddress::new),
        subject: notice.subject.clone(),
        body: notice.body.clone(),
        attachments: files,
        fields,
        message_id,
        date,
    };
    let octets = compose(&draft).map_err(|error| vec![fault_of(&error)])?;
    OutgoingMessage::freeze(octets, &sender.address, sender.limits)
        .map_err(|faults| faults.into_iter().map(Fault::Message).collect())
}

/// The form of receipt that a recipe asks for.
pub(super) fn form(recipe: &Recipe) -> DeliveryForm {
    DeliveryForm::from_word(&recipe.form).unwrap_or(DeliveryForm::Complete)
}

fn fault_of(error: &ComposeError) -> Fault {
    match error {
        ComposeError::Control(HeaderText::Subject) => Fault::Control { role: "subject" },
        ComposeError::Control(HeaderText::FileName(_)) => Fault::Control { role: "attach" },
        ComposeError::Control(HeaderText::SenderName | HeaderText::Field)
        | ComposeError::Address(_)
        | ComposeError::Builder(_) => Fault::Compose {
            reason: error.to_string(),
        },
    }
}

/// What a message weighs with files that are not read yet: base64 in lines of 76.
pub(super) fn size_with(message: usize, files: &[(&str, &FileFacts)]) -> u64 {
    let file = |(name, facts): &(&str, &FileFacts)| {
        let text = facts.size.div_ceil(3) * 4;
        text + 2 * text.div_ceil(76) + PART_OCTETS + 3 * name.len() as u64
    };
    let all: u64 = files.iter().map(file).sum();
    let parts = if files.is_empty() {
        0
    } else {
        MULTIPART_OCTETS
    };
    message as u64 + parts + all
}

/// The fault of a size times recipients that no provider must take, or that this one does not.
pub(super) fn size_fault(size: u64, recipients: usize, limits: Limits) -> Option<Fault> {
    let found = size.saturating_mul(recipients.max(1) as u64);
    let limit = limits.octets.unwrap_or(GUARANTEED_OCTETS);
    (found > limit).then_some(Fault::Message(outgoing::Fault::TooLarge { found, limit }))
}

/// The name under which a file is attached: the last part of its path.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}
