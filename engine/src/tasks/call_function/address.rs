//! Addresses of functions for people, and where the file itself lies (DSL, "File Structure").

/// Where the text of a file is that GitHub or GitLab shows under this address; any other address is
/// as it is.
pub(super) fn raw(address: &str) -> String {
    let Ok(url) = url::Url::parse(address) else { return address.to_owned() };
    let parts: Vec<&str> = url.path_segments().map(|parts| parts.filter(|part| !part.is_empty()).collect()).unwrap_or_default();
    let raw = match url.host_str() {
        Some("github.com" | "www.github.com") if url.scheme() == "https" => github(&parts),
        Some(_) if matches!(url.scheme(), "http" | "https") => gitlab(&url, &parts),
        _ => None,
    };
    raw.unwrap_or_else(|| address.to_owned())
}

/// `owner/name/tree/branch/path` is at `raw.githubusercontent.com`. Without a branch it is the
/// default one, and `path@version` is a function's folder at a tag.
fn github(parts: &[&str]) -> Option<String> {
    let (owner, name, rest) = match parts {
        [owner, name, rest @ ..] if !rest.is_empty() => (owner, name, rest),
        _ => return None,
    };
    let at = |reference: &str, path: &[&str]| format!("https://raw.githubusercontent.com/{owner}/{name}/{reference}/{}", path.join("/"));
    match rest {
        ["tree" | "blob" | "raw", branch, path @ ..] if !path.is_empty() => Some(at(&reference(branch), path)),
        ["refs" | "releases" | "archive", ..] => None,
        [folders @ .., last] => match last.rsplit_once('@') {
            Some((folder, version)) => {
                let path: Vec<&str> = folders.iter().copied().chain([folder, "function.yaml"]).collect();
                Some(at(version, &path))
            }
            None => Some(at("HEAD", rest)),
        },
        [] => None,
    }
}

/// A branch has its full name; what looks like a version or a commit may be a tag or a commit.
fn reference(name: &str) -> String {
    let is_commit = name.len() == 40 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_version = name.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit());
    if is_commit || is_version || name == "HEAD" { name.to_owned() } else { format!("refs/heads/{name}") }
}

/// `group/project/-/blob/branch/path` has its text at `/-/raw/`; so has any server of this kind.
/// Without a branch it is known only of gitlab.com.
fn gitlab(url: &url::Url, parts: &[&str]) -> Option<String> {
    let mut raw = url.clone();
    raw.set_query(None);
    let path = match parts.iter().position(|part| *part == "-") {
        Some(at) => match parts.get(at + 1..)? {
            ["tree" | "blob", rest @ ..] if rest.len() > 1 => format!("{}/-/raw/{}", parts[..at].join("/"), rest.join("/")),
            _ => return None,
        },
        None if url.host_str() == Some("gitlab.com") => {
            let at = parts.iter().position(|part| *part == "functions").filter(|at| *at >= 2)?;
            format!("{}/-/raw/HEAD/{}", parts[..at].join("/"), parts[at..].join("/"))
        }
        None => return None,
    };
    raw.set_path(&path);
    Some(raw.into())
}

#[cfg(test)]
mod tests {
    use super::raw;

    #[test]
    fn addresses_for_people_lead_to_the_text() {
        let file = "functions/log/1.0.0/function.yaml";
        let github = "https://raw.githubusercontent.com/serverlessworkflow/catalog";
        for (address, expected) in [
            // The example of the specification.
            (format!("https://github.com/serverlessworkflow/catalog/tree/main/{file}"), format!("{github}/refs/heads/main/{file}")),
            (format!("https://github.com/serverlessworkflow/catalog/blob/v1.2/{file}"), format!("{github}/v1.2/{file}")),
            (format!("https://github.com/serverlessworkflow/catalog/{file}"), format!("{github}/HEAD/{file}")),
            (
                "https://github.com/myorg/functions/validateEmailAddress@v1.0.0".to_owned(),
                "https://raw.githubusercontent.com/myorg/functions/v1.0.0/validateEmailAddress/function.yaml".to_owned(),
            ),
            (format!("https://gitlab.com/a/b/c/-/tree/main/{file}"), format!("https://gitlab.com/a/b/c/-/raw/main/{file}")),
            (format!("https://gitlab.com/a/b/{file}"), format!("https://gitlab.com/a/b/-/raw/HEAD/{file}")),
            (format!("https://git.example/a/b/-/blob/main/{file}?ref_type=heads"), format!("https://git.example/a/b/-/raw/main/{file}")),
        ] {
            assert_eq!(raw(&address), expected);
        }
        for same in [
            "https://raw.githubusercontent.com/a/b/main/f.yaml",
            "https://x.example/a/blob/f.yaml",
            "https://github.com/a/b",
            "file:///a",
            "f",
        ] {
            assert_eq!(raw(same), same);
        }
    }
}
