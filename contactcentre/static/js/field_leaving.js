// Log-out removes what the phone keeps of field work. Acts that were not sent would be lost, so that is asked first.
import * as keep from "./field_keep.js";

const form = document.querySelector("form[data-leaving]");

function words({ own, others }) {
  const of = (number) => `${number} act${number === 1 ? "" : "s"}`;
  const said = [own ? `${of(own)} of yours` : "", others ? `${of(others)} of a colleague` : ""].filter(Boolean);
  return `${said.join(" and ")} wait on this phone and were not sent. Logging out removes them.`;
}

form?.addEventListener("submit", async (event) => {
  if (form.dataset.sure) return;
  event.preventDefault();
  const left = await keep.unsent((await keep.current())?.agent).catch(() => ({ own: 0, others: 0 }));
  const asked = document.getElementById("leaving");
  if ((left.own || left.others) && asked.hidden) {
    asked.querySelector("span").textContent = words(left);
    asked.hidden = false;
    asked.querySelector("a").focus();
    form.querySelector("button").lastChild.textContent = "Log out and lose them";
    return;
  }
  await keep.wipe().catch(() => {}); // what cannot be kept here need not be removed
  form.dataset.sure = "yes";
  form.submit();
});
