// Says how high the embed is to the page around it, which may give it the room. Nothing else is said or heard.
if (parent !== window) {
  const tell = () => {
    const height = Math.ceil(document.documentElement.getBoundingClientRect().height);
    parent.postMessage({ from: "open-commitments", height }, "*");
  };
  new ResizeObserver(tell).observe(document.documentElement);
  addEventListener("load", tell);
}
