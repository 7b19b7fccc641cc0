// Puts the page together: two phones, what lies beside them, the clock, the drawer, the story.

import { Clock } from "./clock.js";
import { Drawer } from "./drawer.js";
import { el, fill } from "./dom.js";
import { Kit } from "./kit.js";
import { Live } from "./live.js";
import { Phone } from "./phone.js";
import { Story } from "./story.js";
import { Wire } from "./wire.js";

const PACES = [1, 60, 600];
const SIDES = ["left", "right"];
const AN_HOUR_MS = 3_600_000;
const AGAIN_MS = [250, 900]; // what a text sets off takes a moment: look twice

const root = document.getElementById("handsets");
const find = (name) => document.getElementById(name);

// Something that a screen reader should hear and that everybody else sees on the phone.
function say(text) {
  find("heard").textContent = text;
}

// Something that went wrong outside the phones' screens; it stays until the next thing is done.
function complain(text) {
  find("note").textContent = text;
}

function start(facts) {
  const { words } = facts;
  const drawer = new Drawer(words, find("exchanges"));
  const wire = new Wire(facts.token, (exchange) => drawer.add(exchange));
  const clock = new Clock(facts.state.clock, facts.zone, document.documentElement.lang);
  const story = new Story({ words, wire, count: find("steps"), onTrouble: complain });
  const page = { facts, words, wire, clock, story };
  const kits = SIDES.map((side) => kitOf(page, side));
  const live = new Live({
    wire,
    onHealth: (word) => showHealth(words, word),
    onState: (state) => apply(page, kits, state),
  });
  Object.assign(page, { live, kits });
  SIDES.forEach((side, place) => find(side).replaceChildren(kits[place].node));
  seat(page, facts.around, facts.pair.map((number) => facts.owners[number] ?? person(page, number)));
  wireVillages(page);
  wireClock(page);
  apply(page, kits, facts.state); // what comes after this is news
  wireStory(page);
  setInterval(() => tick(page), 1000);
  root.dataset.ready = "true";
}

function kitOf(page, side) {
  const changed = () => AGAIN_MS.forEach((wait) => setTimeout(() => page.live.ask(), wait));
  const phone = new Phone(page, { onChange: changed, onSaid: say });
  return new Kit(page, phone, { side, onPerson: () => { follow(page); remember(page); } });
}

function person({ facts, words }, number) {
  return { number, name: "", title: words.stranger, reports: number === facts.stranger };
}

// Who can be picked, and to whom the phones belong now.
function seat(page, around, people) {
  page.kits.forEach((kit, place) => {
    kit.offer(around, people[place]);
    kit.take(people[place]);
  });
  follow(page);
}

function follow({ live, kits }) {
  const numbers = kits.filter((kit) => !kit.phone.spoofs).map((kit) => kit.phone.number);
  live.follow([...new Set(numbers)]);
}

// The address and the links to other languages keep whose phones these are; a spoofer's number is somebody else's.
function remember({ kits }) {
  const [left, right] = kits.map(({ phone }) => (phone.spoofs ? "" : phone.number));
  const kept = { unit: find("village").value, number: left, right };
  const addressed = (address) => {
    const url = new URL(address, location.href);
    for (const [name, value] of Object.entries(kept)) value ? url.searchParams.set(name, value) : url.searchParams.delete(name);
    return url;
  };
  for (const link of document.querySelectorAll("a[hreflang]")) link.href = addressed(link.href);
  history.replaceState(null, "", addressed(location.href));
}

function apply(page, kits, state) {
  const moved = page.clock.told.sign !== state.clock.sign;
  page.clock.set(state.clock);
  if (moved) page.offerJump();
  for (const kit of kits) {
    const own = state.phones[kit.phone.number];
    if (own) kit.apply(own);
  }
  showClock(page);
}

function tick(page) {
  showClock(page);
  page.kits.forEach((kit) => kit.phone.tick());
}

function showHealth(words, word) {
  find("live").textContent = words[word];
  find("live").className = word;
}

function showClock({ clock }) {
  find("now").textContent = `${clock.day()} ${clock.time()}`;
  for (const input of document.querySelectorAll("input[name=pace]")) input.checked = Number(input.value) === clock.pace;
}

function wireVillages(page) {
  const select = find("village");
  const { around } = page.facts;
  select.append(...around.villages.map(({ code, name }) => el("option", { value: code }, name)));
  select.value = around.village;
  select.addEventListener("change", async () => {
    const found = await page.wire.get("people", { unit: select.value });
    const known = new Map(found.people.map((each) => [each.number, each]));
    seat(page, found, found.pair.map((number) => known.get(number) ?? person(page, number)));
    remember(page);
  });
}

function wireClock(page) {
  const { words, clock } = page;
  const move = async (change) => {
    complain("");
    try {
      clock.set(await page.wire.post("clock", change));
      page.story.add({ kind: "clock", at: new Date(change.to ? momentOf(page, change.to) : clock.now()).toISOString() });
      showClock(page);
    } catch (error) {
      complain(error.message);
    }
  };
  find("paces").append(...PACES.map((pace) => el("label", {}, el("input", {
    type: "radio", name: "pace", value: pace, checked: pace === clock.pace, onchange: () => move({ pace }),
  }), " ", pace === 1 ? words.real_time : fill(words.times, { n: pace }))));
  const field = find("jump-to");
  page.offerJump = () => { field.value = clock.field(new Date(clock.now().getTime() + AN_HOUR_MS)); };
  page.offerJump();
  find("jump").addEventListener("submit", (event) => {
    event.preventDefault();
    move({ to: field.value });
  });
}

// The moment of a local time in the county, whose zone need not be this computer's.
function momentOf({ clock }, local) {
  const guess = Date.parse(`${local}:00Z`);
  const shown = Date.parse(`${clock.field(new Date(guess))}:00Z`);
  return guess - (shown - guess);
}

function wireStory({ story }) {
  find("save").addEventListener("click", () => story.save());
  find("anew").addEventListener("click", () => story.begin());
}

if (root) start(JSON.parse(root.dataset.facts));
