/* The little that HTML cannot do by itself. Everything works without this file. */
(function () {
  var root = document.documentElement;
  if (window.htmx) root.className += " hx";

  /* The eye beside a password. */
  document.addEventListener("click", function (event) {
    var button = event.target.closest && event.target.closest("[data-eye]");
    if (!button) return;
    var input = document.getElementById(button.getAttribute("aria-controls"));
    var shown = input.type === "text";
    input.type = shown ? "password" : "text";
    button.setAttribute("aria-pressed", String(!shown));
  });

  /* «Отправить ещё раз через 0:44»: the button counts down and comes alive by itself. */
  function countDown() {
    var waiting = document.querySelectorAll("[data-wait]");
    for (var i = 0; i < waiting.length; i++) {
      var button = waiting[i], left = Number(button.getAttribute("data-wait"));
      var words = button.getAttribute("data-words") || button.textContent;
      button.setAttribute("data-words", words);
      button.disabled = left > 0;
      button.textContent = left > 0 ? words + " через " + Math.floor(left / 60) + ":" + ("0" + left % 60).slice(-2) : words;
      if (left > 0) button.setAttribute("data-wait", String(left - 1)); else button.removeAttribute("data-wait");
    }
  }
  countDown();
  setInterval(countDown, 1000);

  /* A phone is written as people read it once it is whole; what does not fit stays as it was typed. */
  document.addEventListener("change", function (event) {
    var field = event.target;
    if (field.type !== "tel") return;
    var digits = field.value.replace(/\D/g, "").replace(/^8(?=\d{10}$)/, "7").replace(/^(?=9\d{9}$)/, "7");
    var parts = /^7(\d{3})(\d{3})(\d{2})(\d{2})$/.exec(digits);
    if (parts) field.value = "+7 (" + parts[1] + ") " + parts[2] + "-" + parts[3] + "-" + parts[4];
  });

  /* What is too large to be taken is not sent at all: the words beside it stay where they are. */
  document.addEventListener("change", function (event) {
    var field = event.target, size = 0;
    if (field.type !== "file") return;
    for (var i = 0; i < field.files.length; i++) size += field.files[i].size;
    field.setCustomValidity(size > 60 << 20 ? "Файлы вместе больше 60 МБ. Выберите файлы поменьше." : "");
    if (!field.reportValidity()) field.value = "";
  });

  /* Bank details are copied one by one; where the browser does not let us, the value is marked to be copied by hand. */
  document.addEventListener("click", function (event) {
    var button = event.target.closest && event.target.closest("[data-copy]");
    if (!button) return;
    function mark() { window.getSelection().selectAllChildren(button.previousElementSibling); }
    if (!navigator.clipboard) return mark();
    navigator.clipboard.writeText(button.getAttribute("data-copy")).then(function () { button.firstChild.data = "Скопировано"; }, mark);
  });

  /* A form goes out once: a second press while the first is on its way does nothing. Heard before htmx hears it. */
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.method !== "post") return;
    if (form.getAttribute("data-sent")) { event.preventDefault(); event.stopImmediatePropagation(); return; }
    form.setAttribute("data-sent", "yes");
    setTimeout(function () { form.removeAttribute("data-sent"); }, 5000);
  }, true);
  window.addEventListener("pageshow", function () {
    var forms = document.querySelectorAll("form[data-sent]");
    for (var i = 0; i < forms.length; i++) forms[i].removeAttribute("data-sent");
  });

  /* After a fragment is swapped in, a refusal in it is read out first; one that stood there already is left alone. */
  document.addEventListener("htmx:load", function (event) {
    var errors = document.getElementById("errors");
    if (errors && event.target.contains(errors) && event.target !== document.body) errors.focus();
  });
  document.addEventListener("htmx:afterRequest", function (event) {
    var answer = event.detail.xhr;
    if (event.target.tagName === "FORM" && !(answer && answer.getResponseHeader("HX-Redirect"))) {
      event.target.removeAttribute("data-sent");
    }
  });

  /* The bell asks nothing while nobody looks, and at once when the page is looked at again. */
  document.addEventListener("htmx:beforeRequest", function (event) {
    if (document.hidden && event.target.id === "bell") event.preventDefault();
  });
  document.addEventListener("visibilitychange", function () {
    var bell = document.getElementById("bell");
    if (bell && window.htmx && !document.hidden) window.htmx.trigger(bell, "seen");
  });

  /* A menu that hangs open is closed by Esc or by a press elsewhere. */
  function closeMenus(except) {
    var open = document.querySelectorAll(".nav details[open]");
    for (var i = 0; i < open.length; i++) if (open[i] !== except) open[i].removeAttribute("open");
  }
  document.addEventListener("keydown", function (event) { if (event.key === "Escape") closeMenus(null); });
  document.addEventListener("click", function (event) {
    closeMenus(event.target.closest ? event.target.closest(".nav details") : null);
  });
})();
