// Puts embeds where they are asked for, each as high as its content. A place is a script tag with data-embed, such as
// data-embed="metrics/some-id", or an element of class open-commitments that holds a link to a page; other data-
// attributes (style, shape, theme, lang, revision, as-of, period, subject, division, scope, observation) are what it is
// asked for. Until the embed is there, and where it never comes, the link remains.
(() => {
  const own = document.currentScript;
  if (!own) return;
  const base = new URL(".", own.src);
  const names = ["style", "shape", "theme", "lang", "revision", "as-of", "period", "subject", "division", "scope", "observation"];
  const frames = [];

  // The page that a place is about, or null where it is not one of ours.
  const page = (place, link) => {
    const named = place.dataset.embed;
    const address = named ? new URL(named, base) : link && new URL(link.href);
    if (!address || address.origin !== base.origin || !address.pathname.startsWith(base.pathname)) return null;
    const path = address.pathname.slice(base.pathname.length).replace(/^embed\//, "");
    return /^(metrics|commitments|programmes)\/[^/]+$/.test(path) ? { path, query: address.searchParams } : null;
  };

  const put = (place) => {
    const isScript = place.tagName === "SCRIPT";
    if ("embedded" in place.dataset || (isScript && !place.src.startsWith(base.href))) return;
    const link = isScript ? null : place.querySelector("a[href]");
    const about = page(place, link);
    if (!about) return;
    place.dataset.embedded = "";
    const address = new URL(`embed/${about.path}`, base);
    for (const name of names) {
      const parameter = name.replace("-", "_");
      const value = place.getAttribute(`data-${name}`) ?? about.query.get(parameter);
      if (value) address.searchParams.set(parameter, value);
    }
    const frame = document.createElement("iframe");
    frame.src = address.href;
    frame.title = place.getAttribute("data-title") || (link && link.textContent.trim()) || "Open Commitments";
    frame.loading = "lazy";
    frame.style.cssText = "display:block;width:100%;border:0;height:20em;margin:1em 0";
    frames.push({ frame, fallback: isScript ? null : place });
    place.after(frame);
  };

  addEventListener("message", (event) => {
    if (event.origin !== base.origin || !event.data || event.data.from !== "open-commitments") return;
    const found = frames.find(({ frame }) => frame.contentWindow === event.source);
    const height = Number(event.data.height);
    if (!found || !(height > 0 && height < 20000)) return;
    found.frame.style.height = `${height}px`;
    if (found.fallback) found.fallback.remove();
    found.fallback = null;
  });

  const look = () => document.querySelectorAll("script[data-embed], .open-commitments").forEach(put);
  look();
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", look);
})();
