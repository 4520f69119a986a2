/* Counts the session down; without it the page shows the time that was left when it was opened. */
(function () {
  var place = document.getElementById("left");
  if (!place) return;
  var end = Date.now() + 1000 * Number(place.getAttribute("data-left"));
  function two(number) { return (number < 10 ? "0" : "") + number; }
  setInterval(function () {
    var left = Math.max(0, Math.round((end - Date.now()) / 1000));
    place.textContent = Math.floor(left / 3600) + ":" + two(Math.floor(left % 3600 / 60)) + ":" + two(left % 60);
  }, 1000);
})();
