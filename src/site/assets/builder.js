// The embed builder at once: what the form asks for is shown and written while it is chosen, and copied at a click.
(() => {
  const section = document.querySelector(".builder");
  if (!section) return;
  const { base, path, revision, observation, copy, copied } = section.dataset;
  const heights = JSON.parse(section.dataset.heights);
  const form = section.querySelector("form");
  const preview = section.querySelector("iframe");
  const relative = preview.getAttribute("src").split("embed/")[0];
  const code = (name) => section.querySelector(`#embed-${name}`);
  const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");

  // The parameters in the order in which the service writes them.
  const asked = () => {
    const chosen = Object.fromEntries(new FormData(form));
    const pinned = chosen.mode === "pinned";
    const all = [
      ["style", chosen.style === "card" ? "" : chosen.style],
      ["shape", chosen.style === "chart" ? chosen.shape : ""],
      ["theme", chosen.theme === "auto" ? "" : chosen.theme],
      ["lang", chosen.embed_lang],
      ["revision", pinned ? revision : ""],
      ["observation", pinned ? observation : ""],
    ];
    return { style: chosen.style, lang: chosen.embed_lang, given: all.filter(([, value]) => value) };
  };

  const show = () => {
    const { style, lang, given } = asked();
    const height = heights[style];
    const inLink = ([name]) => name === "lang" || name === "revision";
    const below = `embed/${path}?${new URLSearchParams(given)}`;
    const title = escaped(lang === "en" ? section.dataset.titleEn : section.dataset.titleZhHans);
    const others = given.filter((one) => !inLink(one)).map(([name, value]) => ` data-${name}="${escaped(value)}"`).join("");
    const page = escaped(`${base}/${path}?${new URLSearchParams(given.filter(inLink))}`);
    code("frame").value = `<iframe src="${escaped(`${base}/${below}`)}" title="${title}" width="100%" height="${height}" loading="lazy" style="border:0;max-width:100%"></iframe>`;
    code("script").value = `<blockquote class="open-commitments"${others}><a href="${page}">${title}</a></blockquote>\n<script async src="${escaped(base)}/embed.js"></` + "script>";
    code("oembed").value = `${base}/oembed?${new URLSearchParams({ url: `${base}/${below}` })}`;
    if (preview.getAttribute("src") !== relative + below) preview.src = relative + below;
  };

  for (const area of section.querySelectorAll("textarea")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = copy;
    button.setAttribute("aria-describedby", area.id);
    button.addEventListener("click", async () => {
      area.select();
      try {
        await navigator.clipboard.writeText(area.value);
      } catch {
        // Only pages by HTTPS have the clipboard.
        document.execCommand("copy");
      }
      button.textContent = copied;
      setTimeout(() => { button.textContent = copy; }, 2000);
    });
    area.after(button);
  }

  addEventListener("message", (event) => {
    const height = Number(event.data && event.data.height);
    if (event.source === preview.contentWindow && event.data.from === "open-commitments" && height > 0 && height < 20000) {
      preview.style.height = `${height}px`;
    }
  });
  form.addEventListener("change", show);
  form.addEventListener("submit", (event) => { event.preventDefault(); show(); });
})();
