//! HTML of strangers: as text, and as a page that loads nothing.
//!
//! `html5gum` cuts it into tags and texts as the standard says (WHATWG HTML, 13.2.5). No tree is built, so
//! that nesting costs neither stack nor time. What is written of it is made here: a few elements that have
//! a meaning for the reader, without any attribute, and text. Nothing else can be in a page: no address
//! that is loaded, no form, no script, no style, no link that can be followed; links stay as text, with
//! their true target behind it.

mod body;
mod element;
mod lines;

use html5gum::{DefaultEmitter, StartTag, State, Token, Tokenizer};

use self::body::Body;
use self::element::{Element, FOREIGN, INTEGRATING, LEAVING, UNREAD, is_one_of};
use self::lines::Lines;
use crate::printable::is_deceptive;

/// Elements around one that is written in a page; browsers stop at 512.
const MAX_NESTED: usize = 64;

/// Quotations around a line that are marked in a text.
const MAX_QUOTED: usize = 9;

/// Characters of a link's target that are shown; longer ones count readers.
const MAX_TARGET: usize = 500;

/// Octets of a page: more than HTML becomes that is no attack.
const MAX_PAGE_OCTETS: usize = 16 << 20;

/// What HTML holds that is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Pictures: remote ones, those within the mail, and those in the address itself.
    pub images: usize,
    /// Forms.
    pub forms: usize,
    /// Scripts, and events that would run one.
    pub scripts: usize,
    /// Frames, objects, sound and film.
    pub frames: usize,
    /// Pages to which it would lead on by itself.
    pub refreshes: usize,
    /// Links to files of this machine or to scripts.
    pub local_links: usize,
}

impl LeftOut {
    /// Adds what is left out of another text.
    pub(super) fn add(&mut self, other: Self) {
        self.images += other.images;
        self.forms += other.forms;
        self.scripts += other.scripts;
        self.frames += other.frames;
        self.refreshes += other.refreshes;
        self.local_links += other.local_links;
    }
}

/// HTML as something to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Read {
    /// Text, or the body of a page.
    pub written: String,
    /// Whether there is more.
    pub is_cut: bool,
    pub left_out: LeftOut,
}

/// As text, at most about so many octets.
pub(super) fn text(html: &str, most: usize) -> Read {
    let mut lines = Lines::default();
    let (left_out, is_cut) = walk(html, &mut lines, |lines| lines.out.len() < most);
    Read {
        written: lines.out,
        is_cut,
        left_out,
    }
}

/// As the body of a page.
pub(super) fn page(html: &str) -> Read {
    let mut body = Body::default();
    let (left_out, is_cut) = walk(html, &mut body, |body| body.out.len() < MAX_PAGE_OCTETS);
    body.close_all();
    Read {
        written: body.out,
        is_cut,
        left_out,
    }
}

/// A text as a part of a page.
pub(super) fn escaped(text: &str, page: &mut String) {
    for c in text.chars() {
        match c {
            '&' => page.push_str("&amp;"),
            '<' => page.push_str("&lt;"),
            '>' => page.push_str("&gt;"),
            '"' => page.push_str("&quot;"),
            '\'' => page.push_str("&#39;"),
            '\n' | '\t' => page.push(c),
            c if is_deceptive(c) => page.extend(c.escape_unicode()),
            c => page.push(c),
        }
    }
}

/// Who writes what is read.
trait Writer {
    fn open(&mut self, element: Element);
    fn close(&mut self, element: Element);
    fn line_end(&mut self);
    fn rule(&mut self);
    fn text(&mut self, text: &str);
}

/// Hands everything that is written to a writer, as long as it wants more; gives what was left out, and
/// whether there is more.
fn walk<W: Writer>(html: &str, writer: &mut W, wants_more: impl Fn(&W) -> bool) -> (LeftOut, bool) {
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let (mut walk, mut is_cut) = (Walk::default(), false);
    let mut tokens = Tokenizer::new_with_emitter(html, emitter);
    while let Some(token) = tokens.next() {
        if !wants_more(writer) {
            is_cut = true;
            break;
        }
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => {
                walk.start(&tag, writer);
                if walk.is_foreign() {
                    tokens.set_state(State::Data);
                }
            }
            Token::EndTag(tag) => walk.end(&tag.name, writer),
            Token::String(text) if walk.unread.is_none() => {
                let text = String::from_utf8_lossy(&text);
                if let Some(link) = &mut walk.link {
                    link.text.push_str(&text);
                }
                writer.text(&text);
            }
            Token::Comment(text) if walk.is_foreign() && walk.unread.is_none() => {
                if let Some(text) = text.strip_prefix(b"[CDATA[") {
                    let text = String::from_utf8_lossy(text);
                    writer.text(text.trim_end_matches("]]"));
                }
            }
            Token::String(_) | Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
        }
    }
    walk.end_link(writer);
    (walk.left_out, is_cut)
}

/// Where a walk stands.
#[derive(Default)]
struct Walk {
    /// The element whose content is passed over.
    unread: Option<Vec<u8>>,
    /// What is no HTML around this place, and what holds HTML in that.
    around: Vec<Vec<u8>>,
    link: Option<Link>,
    left_out: LeftOut,
}

/// A link that is not ended.
struct Link {
    target: String,
    text: String,
}

impl Walk {
    /// Whether what follows is no HTML.
    fn is_foreign(&self) -> bool {
        let innermost = self.around.last();
        innermost.is_some_and(|name| is_one_of(FOREIGN, name))
    }

    /// Leaves what is no HTML, up to what holds HTML.
    fn leave(&mut self) {
        while self.is_foreign() {
            self.around.pop();
            self.unread = None;
        }
    }

    fn start(&mut self, tag: &StartTag<()>, writer: &mut impl Writer) {
        let (name, attributes) = (&*tag.name.0, &tag.attributes);
        if is_one_of(LEAVING, name) {
            self.leave();
        }
        if self.unread.is_some() {
            return;
        }
        let is_ended = tag.self_closing && (self.is_foreign() || is_one_of(FOREIGN, name));
        let is_border =
            is_one_of(FOREIGN, name) || self.is_foreign() && is_one_of(INTEGRATING, name);
        if is_border && !is_ended && self.around.len() < MAX_NESTED {
            self.around.push(name.to_vec());
        }
        let value = |name: &str| {
            let value = attributes.get(name.as_bytes())?;
            Some(String::from_utf8_lossy(value).into_owned())
        };
        let events = attributes.keys().filter(|name| name.starts_with(b"on"));
        self.left_out.scripts += events.count();
        match name {
            b"a" | b"area" => {
                self.end_link(writer);
                self.link = value("href").map(|target| Link::to(&target));
                let is_local = self.link.as_ref().is_some_and(Link::is_local);
                self.left_out.local_links += usize::from(is_local);
            }
            b"img" | b"image" => {
                self.left_out.images += 1;
                let told = value("alt").filter(|told| !told.trim().is_empty());
                if let Some(told) = told {
                    writer.text(&format!("[{}]", told.trim()));
                }
            }
            b"br" => writer.line_end(),
            b"hr" => writer.rule(),
            b"form" => self.left_out.forms += 1,
            b"script" => self.left_out.scripts += 1,
            b"iframe" | b"frame" | b"object" | b"embed" | b"audio" | b"video" => {
                self.left_out.frames += 1;
            }
            b"meta" => {
                let is_refresh = value("http-equiv")
                    .is_some_and(|word| word.trim().eq_ignore_ascii_case("refresh"));
                self.left_out.refreshes += usize::from(is_refresh);
            }
            name => {
                if let Some(element) = Element::named(name) {
                    writer.open(element);
                }
            }
        }
        if is_one_of(UNREAD, name) && !is_ended {
            self.unread = Some(name.to_vec());
        }
    }

    fn end(&mut self, name: &[u8], writer: &mut impl Writer) {
        if self.is_foreign() && matches!(name, b"p" | b"br") {
            self.leave();
        }
        if let Some(at) = self.around.iter().rposition(|around| around == name) {
            self.around.truncate(at);
            self.unread = None;
        }
        match &self.unread {
            Some(unread) if unread == name => return self.unread = None,
            Some(_) => return,
            None => {}
        }
        if name == b"a" {
            self.end_link(writer);
        } else if let Some(element) = Element::named(name) {
            writer.close(element);
        }
    }

    /// The true target, where the text does not say it.
    fn end_link(&mut self, writer: &mut impl Writer) {
        if let Some(link) = self.link.take()
            && let Some(target) = link.unsaid()
        {
            writer.text(&format!(" <{target}>"));
        }
    }
}

impl Link {
    /// As browsers read a target (WHATWG URL, 4.4): without controls and blanks around it, without line
    /// ends and tabs in it.
    fn to(target: &str) -> Self {
        let target = target.trim_matches(|c: char| c <= ' ');
        let target = target.chars().filter(|c| !matches!(c, '\t' | '\r' | '\n'));
        Self {
            target: target.collect(),
            text: String::new(),
        }
    }

    /// Whether it leads to this machine, or runs something.
    fn is_local(&self) -> bool {
        let scheme = self.target.split_once(':').map(|(scheme, _)| scheme);
        let scheme = scheme.unwrap_or_default().to_ascii_lowercase();
        matches!(&*scheme, "file" | "javascript" | "vbscript" | "data")
            || self.target.starts_with("\\\\")
    }

    fn unsaid(&self) -> Option<String> {
        let bare = |text: &str| {
            let text = text.trim().trim_end_matches('/').to_lowercase();
            let starts = ["https://", "http://", "mailto:"];
            let start = starts.into_iter().find(|start| text.starts_with(start));
            text[start.map_or(0, str::len)..].to_owned()
        };
        let is_said = self.target.is_empty()
            || self.target.starts_with('#')
            || bare(&self.target) == bare(&self.text);
        let cut = || match self.target.char_indices().nth(MAX_TARGET) {
            Some((at, _)) => format!("{}…", &self.target[..at]),
            None => self.target.clone(),
        };
        (!is_said).then(cut)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(html: &str) -> String {
        text(html, usize::MAX).written
    }

    #[test]
    fn a_page_is_read_as_lines() {
        for (html, wanted) in [
            ("a  b\n<b>c</b>d", "a b cd"),
            (
                "<p>uno<p>due<br>tre</p><div>quattro</div>",
                "uno\n\ndue\ntre\n\nquattro",
            ),
            ("<ul><li>a<li>b</ul>c", "- a\n- b\n\nc"),
            (
                "<table><tr><td>a</td><td>b</td></tr><tr><td>c</table>",
                "a b\nc",
            ),
            ("x<blockquote>y<br>z</blockquote>w", "x\n\n> y\n> z\n\nw"),
            ("<pre>a\n  b</pre>", "a\n  b"),
            (
                "<style>p {}</style><title>t</title>a<!-- b --><script>c</script>",
                "a",
            ),
            ("perch&eacute; &amp; &lt;b&gt;&nbsp;", "perché & <b>"),
            ("a<hr>b", "a\n---\nb"),
            ("<img alt='Logo' src=x> <img src=y>", "[Logo]"),
            ("", ""),
        ] {
            assert_eq!(lines(html), wanted, "{html}");
        }
    }

    #[test]
    fn the_true_target_of_a_link_stands_behind_it() {
        for (html, wanted) in [
            (
                "<a href='https://a.example/'>https://a.example</a>",
                "https://a.example",
            ),
            (
                "<a href='https://b.example/x'>https://a.example</a>",
                "https://a.example <https://b.example/x>",
            ),
            (
                "<a href='mailto:a@b.example'>a@b.example</a>",
                "a@b.example",
            ),
            (
                "<a href='file:///etc/passwd'>qui</a>",
                "qui <file:///etc/passwd>",
            ),
            ("<a href=' java\nscript:x()'>qui", "qui <javascript:x()>"),
            ("<a href='#s'>sotto</a><a name=s>", "sotto"),
        ] {
            assert_eq!(lines(html), wanted, "{html}");
        }
    }

    #[test]
    fn nothing_in_a_page_loads_runs_or_leads_anywhere() {
        let hostile = "<meta http-equiv=Refresh content='0;url=//x'><base href=//x>\
            <p style='background:url(//x)' onclick=alert(1)>a<img src=//x/1.png><img src=cid:1>\
            <form action=//x><input name=a><button>b</button></form><script>c()</script>\
            <iframe src=//x>d</iframe><object data=//x>e</object><svg><style><img src=//x></style></svg>\
            <a href='file:///etc/passwd'>f</a><a href=javascript:g()>g</a><link rel=stylesheet href=//x>\
            <style>@import '//x'</style><math><mtext></p><style><!--</style><img title='--&gt;&lt;img src=1&gt;'>\
            <b x=\"</b><script>\">h</b><plaintext><i>k";
        let Read {
            written, left_out, ..
        } = page(hostile);
        let mut rest = &*written;
        while let Some(at) = rest.find('<') {
            rest = &rest[at + 1..];
            let name = rest[..rest.find('>').unwrap()].trim_start_matches('/');
            let is_known =
                Element::named(name.as_bytes()).is_some() || name == "br" || name == "hr";
            assert!(is_known, "{name} in {written}");
        }
        assert_eq!(
            left_out,
            LeftOut {
                images: 4,
                forms: 1,
                scripts: 2,
                frames: 2,
                refreshes: 1,
                local_links: 2
            }
        );
        assert!(
            written.contains("f &lt;file:///etc/passwd&gt;"),
            "{written}"
        );
    }

    #[test]
    fn what_is_no_html_hides_nothing_that_browsers_show() {
        for (html, wanted) in [
            ("a<svg><script/></svg>b", "ab"),
            ("a<svg><script/>b", "ab"),
            ("a<svg/><style>c</style>b", "ab"),
            ("a<math><style>x<p>b", "a\n\nb"),
            ("a<math><style>x</math>b", "ab"),
            ("a<svg><style>x</style></svg>b", "ab"),
            ("a<svg><style>x</p>b", "a\n\nb"),
            ("a<svg><title>x</title>b</svg>c", "abc"),
            ("a<svg><foreignObject><style><p>x</style>b", "ab"),
            ("<math><mtext><script/>x</script>b", "b"),
            ("<math><![CDATA[a]]></math>b", "ab"),
            // In HTML a script does not end itself, and nothing is ended by what is not begun.
            ("a<script/>x</script>b", "ab"),
            ("a<style>x<p></svg>x</style>b", "ab"),
            ("a<![CDATA[x]]>b", "ab"),
        ] {
            assert_eq!(lines(html), wanted, "{html}");
        }
        let deep = "<svg><foreignObject>".repeat(100_000) + "x";
        assert_eq!(lines(&deep), "x");
    }

    #[test]
    fn every_element_is_ended_and_none_is_deep() {
        for (html, wanted) in [
            ("<p>a<p>b", "<p>a</p><p>b</p>"),
            ("<b><i>x</b>y</i>", "<b><i>x</i></b>y"),
            ("</p></div>x", "x"),
            (
                "<tr><td>a<td>b<tr><td>c",
                "<tr><td>a</td><td>b</td></tr><tr><td>c</td></tr>",
            ),
        ] {
            assert_eq!(page(html).written, wanted, "{html}");
        }
        let deep = format!("{}x", "<div><b>".repeat(100_000));
        assert_eq!(page(&deep).written.matches('<').count(), 2 * MAX_NESTED);
        assert_eq!(lines(&deep), "x");
        let quoted = "<blockquote>".repeat(100_000) + "x";
        assert_eq!(lines(&quoted), ">>>>>>>>> x");
    }
}
