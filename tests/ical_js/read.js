// Reads calendars with ical.js: a JSON string with the whole file on each line of standard input, and a line of
// JSON for each on standard output, {"events": […]} or {"error": "…"}. Instants are in seconds since 1970.
import { createInterface } from "node:readline";
import ICAL from "ical.js";

const text = (component, name) => component.getFirstPropertyValue(name) ?? null;

function read(event, method) {
  const component = event.component;
  const attendees = component.getAllProperties("attendee");
  return {
    method,
    attendees: attendees.length,
    uid: event.uid,
    sequence: event.sequence,
    starts_at: event.startDate.toUnixTime(),
    ends_at: event.endDate.toUnixTime(),
    summary: event.summary ?? "",
    status: text(component, "status"),
    organizer: text(component, "organizer"),
    attendee: attendees.length ? attendees[0].getFirstValue() : null,
    attendee_name: attendees.length ? (attendees[0].getParameter("cn") ?? null) : null,
    partstat: attendees.length ? (attendees[0].getParameter("partstat") ?? null) : null,
  };
}

function readFile(data) {
  ICAL.TimezoneService.reset(); // only the zones of this very file
  const calendar = new ICAL.Component(ICAL.parse(data));
  for (const zone of calendar.getAllSubcomponents("vtimezone")) {
    ICAL.TimezoneService.register(zone);
  }
  const method = text(calendar, "method");
  return calendar.getAllSubcomponents("vevent").map((one) => read(new ICAL.Event(one), method));
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    answer = { events: readFile(JSON.parse(line)) };
  } catch (error) {
    answer = { error: String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
