//! A page of HTML as a person reads it.

/// All between the tags of the body, in one line.
pub fn text(page: &str) -> String {
    let (_, body) = page.split_once("<body>").expect("a body");
    let pieces = body
        .split('<')
        .map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text));
    let all: Vec<&str> = pieces.flat_map(str::split_whitespace).collect();
    let all = all.join(" ");
    [
        ("&#39;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(all, |all, (from, to)| all.replace(from, to))
}
