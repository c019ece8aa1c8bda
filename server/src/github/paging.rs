use http::{HeaderMap, header};

/// The address of the next page, from the `Link` header.
pub(super) fn next_page(headers: &HeaderMap) -> Option<String> {
    let links = headers.get(header::LINK)?.to_str().ok()?;
    links.split(',').find_map(|link| {
        let (address, attributes) = link.split_once(';')?;
        let next =
            attributes.split(';').any(|attribute| matches!(attribute.trim(), "rel=\"next\"" | "rel=next"));
        next.then(|| address.trim().strip_prefix('<')?.strip_suffix('>').map(str::to_owned)).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found_among_the_links() {
        let next = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::LINK, text.parse().unwrap());
            next_page(&headers)
        };
        let links = "<https://h/x?page=1>; rel=\"prev\", <https://h/x?page=3>; rel=\"next\"";
        assert_eq!(next(links).as_deref(), Some("https://h/x?page=3"));
        assert_eq!(next("<https://h/x?page=1>; rel=\"last\""), None);
        assert_eq!(next("nonsense"), None);
        assert_eq!(next_page(&HeaderMap::new()), None);
    }
}
