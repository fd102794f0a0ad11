//! File paths and `file:` addresses, for clients whose path format is `uri`.

/// The path that a `file:` address names; anything else is returned as it is.
pub(crate) fn from_uri(text: &str) -> String {
    let Some(rest) = text.strip_prefix("file://") else { return text.to_owned() };
    let rest = rest.strip_prefix("localhost").unwrap_or(rest);
    let path = decode(rest);
    // `/C:/x` is `C:/x`.
    match path.as_bytes() {
        [b'/', drive, b':', ..] if drive.is_ascii_alphabetic() => path[1..].to_owned(),
        _ => path,
    }
}

/// The `file:` address of an absolute path; a relative path is returned as it is.
pub(crate) fn to_uri(path: &str) -> String {
    match path.as_bytes() {
        [b'/', ..] => format!("file://{}", encode(path)),
        [drive, b':', ..] if drive.is_ascii_alphabetic() => {
            format!("file:///{}", encode(&path.replace('\\', "/")))
        }
        _ => path.to_owned(),
    }
}

/// The last part of a path.
pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// Joins a relative path to a folder.
pub(crate) fn join(folder: &str, path: &str) -> String {
    let absolute = path.starts_with(['/', '\\']) || path.as_bytes().get(1) == Some(&b':');
    if absolute || folder.is_empty() {
        return path.to_owned();
    }
    format!("{}/{path}", folder.trim_end_matches(['/', '\\']))
}

fn decode(text: &str) -> String {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match (byte, digit(bytes.get(at + 1)), digit(bytes.get(at + 2))) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            _ => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn encode(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~:".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_paths_name_each_other() {
        for (path, uri) in [
            ("/tmp/order.yaml", "file:///tmp/order.yaml"),
            ("/tmp/a b%#?.yaml", "file:///tmp/a%20b%25%23%3F.yaml"),
            ("/tmp/zażółć.yaml", "file:///tmp/za%C5%BC%C3%B3%C5%82%C4%87.yaml"),
            ("C:/flows/a.yaml", "file:///C:/flows/a.yaml"),
        ] {
            assert_eq!(to_uri(path), uri);
            assert_eq!(from_uri(uri), path);
        }
        assert_eq!(to_uri(r"C:\flows\a.yaml"), "file:///C:/flows/a.yaml");
        assert_eq!(from_uri("file:///c%3A/flows/a.yaml"), "c:/flows/a.yaml");
    }

    #[test]
    fn other_texts_stay_as_they_are() {
        assert_eq!(from_uri("/tmp/50%.yaml"), "/tmp/50%.yaml");
        assert_eq!(from_uri("untitled:Untitled-1"), "untitled:Untitled-1");
        assert_eq!(from_uri("file:///tmp/50%.yaml"), "/tmp/50%.yaml");
        assert_eq!(to_uri("order.yaml"), "order.yaml");
    }

    #[test]
    fn names_and_folders() {
        assert_eq!(file_name("/tmp/order.yaml"), "order.yaml");
        assert_eq!(file_name(r"C:\flows\a.yaml"), "a.yaml");
        assert_eq!(file_name("a.yaml"), "a.yaml");
        assert_eq!(join("/tmp/", "a.yaml"), "/tmp/a.yaml");
        assert_eq!(join("/tmp", "/a.yaml"), "/a.yaml");
        assert_eq!(join("/tmp", "C:/a.yaml"), "C:/a.yaml");
        assert_eq!(join("", "a.yaml"), "a.yaml");
    }
}
