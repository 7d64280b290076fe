"use strict";
// Everything reads without this file: it adds the name under the pointer beside a map and a filter above the sources.
for (const box of document.querySelectorAll(".mapbox")) {
  const told = box.querySelector(".told");
  for (const region of box.querySelectorAll("a.region")) {
    const tell = () => { told.textContent = region.dataset.told; };
    const hush = () => { told.textContent = ""; };
    region.addEventListener("mouseenter", tell);
    region.addEventListener("focus", tell);
    region.addEventListener("mouseleave", hush);
    region.addEventListener("blur", hush);
  }
}
const filter = document.getElementById("filter");
if (filter) {
  filter.closest(".filter").hidden = false;
  filter.addEventListener("input", () => {
    const wanted = filter.value.trim().toLocaleLowerCase();
    for (const row of document.querySelectorAll("#sources tbody tr")) {
      row.hidden = wanted !== "" && !row.textContent.toLocaleLowerCase().includes(wanted);
    }
  });
}
