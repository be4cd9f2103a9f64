// Times as people say them: "3 minutes ago", with the whole time as title. Without scripts they stand in full.

const STEPS = [
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];
const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const whole = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

export function times(root) {
  for (const time of root.querySelectorAll("time[data-relative]")) say(time);
}

setInterval(() => times(document), 10_000);

function say(time) {
  const at = new Date(time.dateTime);
  time.title = whole.format(at);
  const seconds = Math.round((at - Date.now()) / 1000);
  const size = Math.abs(seconds);
  if (size < 5) {
    time.textContent = seconds > 0 ? "in a moment" : "a moment ago";
    return;
  }
  const [unit, length] = STEPS.find(([, length]) => size >= length);
  time.textContent = words.format(Math.trunc(seconds / length), unit);
}
