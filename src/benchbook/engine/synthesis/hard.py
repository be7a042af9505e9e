"""Texts that mislead: values that were taken back, neighbours that look alike, gaps, odd dates and numbers."""

from datetime import date, timedelta
from typing import Any

from benchbook.engine.synthesis import documents as form
from benchbook.engine.synthesis.documents import Document, Genre, document
from benchbook.engine.synthesis.draws import Draws
from benchbook.engine.synthesis.vocabulary import GOODS, ROLES, TOWNS, code, day, firm, firms, people, phone
from benchbook.engine.synthesis.writing import amount, counted, dated, listed, spelt

_TASKS = [
    "archive the old contracts",
    "brief the night shift",
    "call the insurer",
    "check the fire doors",
    "count the spare parts",
    "draw up the rota",
    "fix the price list",
    "find a second supplier",
    "photograph the damage",
    "publish the timetable",
    "repaint the loading bay",
    "return the hired crane",
    "sort out the visas",
    "update the risk register",
    "write the handover",
]
_TOPICS = [
    "Budget",
    "Building",
    "Customers",
    "IT",
    "Personnel",
    "Production",
    "Safety",
    "Transport",
    "Training",
    "Stock",
]
_STUDIES = [
    "chemistry",
    "civil engineering",
    "economics",
    "geography",
    "history of art",
    "law",
    "linguistics",
    "mathematics",
    "pharmacy",
    "physics",
]
_LINES = ("NF", "SK", "LO", "AY", "KL", "TP", "OU", "BT")
_EXPENSES = [
    "airport bus",
    "bridge toll",
    "conference fee",
    "dinner with the client",
    "hotel",
    "laundry",
    "parking",
    "photocopies",
    "rental car",
    "room hire",
    "SIM card",
    "taxi to the fair",
    "train ticket",
    "translation of the contract",
]
_PRIVATE = ["aftershave", "a museum ticket", "a novel", "chewing gum", "a swimming cap", "postcards", "sunglasses"]


def thread(draws: Draws) -> Document:
    """An order that is changed in an exchange of e-mails; the last word counts."""
    (buyer, seller, other), (company, rival) = people(draws, 3), firms(draws, 2)
    ordered = day(draws, 2022)
    goods = draws.some(GOODS, 5)
    before = {name: draws.between(2, 48) for name in goods[:4]}
    changed, dropped, added = goods[1], goods[2], goods[4]
    after = {name: number for name, number in before.items() if name != dropped}
    after |= {changed: before[changed] + draws.between(1, 12), added: draws.between(2, 48)}
    first, last = ordered + timedelta(days=draws.between(10, 20)), ordered + timedelta(days=draws.between(21, 40))
    number = code(draws, "PO ", 5) if draws.chance(0.5) else None
    price, discount = draws.between(90000, 999999), draws.pick((None, None, None, 2, 3, 5))
    opening = (
        f"From: {buyer}\nDate: {dated(draws, ordered)}\n\nHello {seller.split()[0]}, we at {company} would like to order "
        + listed([f"{_some(draws, count)} the {name}" for name, count in before.items()])
        + f". We would need everything by {dated(draws, first, odd=True)}."
        + draws.pick((f" {rival} asked {amount(price + 12345, 'dot')} EUR for the same.", f" {other} sends greetings."))
    )
    middle = (
        f"From: {seller}\nDate: {dated(draws, ordered + timedelta(days=1))}\n\nDear {buyer.split()[0]}, noted. The price for "
        f"the lot is EUR {amount(price + draws.between(1000, 9000), draws.pick(('dot', 'blank')))}, but the date will be tight."
    )
    closing = (
        f"From: {buyer}\nDate: {dated(draws, ordered + timedelta(days=3))}\n\nA few changes after all. Please leave out the "
        f"{dropped}. Of the {changed} make it {counted(draws, after[changed])} in all, not "
        f"{counted(draws, before[changed])}; and put in {_some(draws, after[added])} the {added}. The new date is "
        f"{dated(draws, last, odd=True)}, which should ease things."
        + (f" Our number for this is {number}." if number else "")
    )
    final = (
        f"From: {seller}\nDate: {dated(draws, ordered + timedelta(days=4))}\n\nConfirmed, all of it. The price goes down to "
        f"{amount(price, draws.pick(('dot', 'blank', 'swiss')))} euros"
        + (f", less {spelt(discount)} per cent if you pay within ten days." if discount else ".")
    )
    mails = [opening, middle, closing, final]
    newest_first = draws.chance(0.5)
    body = "\n\n-----\n\n".join(reversed(mails) if newest_first else mails)
    item = form.record(article=form.text("as named, in the singular"), quantity=form.whole())
    return document(
        "e-mail thread", body,
        ("customer", form.text("the company that orders"), company),
        ("ordered_by", form.text("full name"), buyer),
        ("order_number", form.missing(form.text("the customer's own, as written")), number),
        ("items", form.many(item, "as finally agreed"),
         [{"article": name, "quantity": count} for name, count in after.items()]),
        ("deliver_by", form.day("as finally agreed"), last.isoformat()),
        ("total_eur", form.number("as finally agreed"), price / 100),
        ("discount_percent", form.missing(form.number("for early payment")), discount),
    )  # fmt: skip


def _some(draws: Draws, number: int) -> str:
    """So many, of something that follows."""
    return f"{counted(draws, number).removesuffix(' of')} of"


def minutes(draws: Draws) -> Document:
    """Minutes in prose: tasks that change hands, tasks without a day, guests who are not members."""
    members = people(draws, 5)
    guest, present = members[4], members[:3]
    held = day(draws, 2022)
    topics: list[dict[str, Any]] = []
    parts = []
    tasks = draws.some(_TASKS, 9)
    for topic in draws.some(_TOPICS, draws.between(2, 3)):
        actions: list[dict[str, Any]] = []
        said = []
        for _ in range(draws.between(1, 2)):
            action, sentence = _action(draws, tasks.pop(), present, held)
            actions.append(action)
            said.append(sentence)
        if draws.chance(0.4):
            said.append(f"Whether to {tasks.pop()} was discussed, but nobody was charged with it.")
        topics.append({"topic": topic, "actions": actions})
        parts.append(f"{topic}. {' '.join(said)}")
    late = draws.pick(present[1:])
    again = held + timedelta(days=draws.between(20, 45)) if draws.chance(0.5) else None
    more = (
        f"We meet again on {dated(draws, again, odd=True)}."
        if again
        else "A day for the next meeting is still to be found."
    )
    body = (
        f"Notes of the meeting held on {dated(draws, held, odd=True)}. There were {listed(present)}; {late} came after the "
        f"second coffee. {members[3]} could not come. As a guest we heard {guest} of {firm(draws)}, who spoke for "
        f"{counted(draws, draws.between(13, 59))} minutes.\n\n" + "\n\n".join(parts) + f"\n\n{more}"
    )
    action_form = form.record(
        task=form.text("begins with the verb, as in the text"),
        owner=form.text("full name of who has it in the end"),
        due=form.missing(form.day()),
    )
    return document(
        "minutes", body,
        ("date", form.day(), held.isoformat()),
        ("members_present", form.many(form.text("full name"), "without guests"), present),
        ("guests", form.many(form.text("full name")), [guest]),
        ("topics", form.many(form.record(topic=form.text(), actions=form.many(action_form, "tasks that somebody has"))),
         topics),
        ("next_meeting", form.missing(form.day()), again.isoformat() if again else None),
    )  # fmt: skip


def _action(draws: Draws, task: str, present: list[str], held: date) -> tuple[dict[str, Any], str]:
    """A task that somebody has in the end, and how the minutes put it."""
    owner, before = draws.some(present, 2)
    due = held + timedelta(days=draws.between(4, 50))
    earlier = held + timedelta(days=draws.between(1, 3))
    by = dated(draws, due, odd=True)
    plain: dict[str, Any] = {"task": task, "owner": owner, "due": due.isoformat()}
    forms: list[tuple[dict[str, Any], str]] = [
        (plain, f"{before} was to {task}, but has too much to do: {owner} takes it over and promises it by {by}."),
        (
            plain,
            f"{owner} offered to {task} by {dated(draws, earlier)}; after some talk the day was moved to {by}.",
        ),
        (
            plain,
            f"It falls to {owner} to {task}. {before} needs the result on {by}, so that is when it must be done.",
        ),
        ({**plain, "due": None}, f"{owner} will {task} as soon as there is time, with some help of {before}."),
        ({**plain, "due": None}, f"No day was set for it, but {owner}, not {before}, is to {task}."),
    ]
    return draws.pick(forms)


def itinerary(draws: Draws) -> Document:
    """A journey of which one leg was changed."""
    traveller, agent = people(draws, 2)
    towns = [town for town, _ in draws.some(TOWNS, 4)]
    leaves, price = day(draws, 2024), draws.between(41000, 480000)
    legs, lines = [], []
    for at in range(3):
        leaves += timedelta(days=draws.between(2, 6))
        hour, minute = draws.between(6, 21), draws.pick((0, 5, 10, 20, 35, 40, 55))
        flight = f"{draws.pick(_LINES)} {draws.between(100, 2999)}"
        seat = f"{draws.between(2, 38)}{draws.pick('ACDF')}" if draws.chance(0.6) else None
        legs.append(
            {"flight": flight, "from": towns[at], "to": towns[at + 1], "date": leaves.isoformat(),
             "departure": f"{hour:02}:{minute:02}", "seat": seat}
        )  # fmt: skip
        at_noon = f"{(hour - 1) % 12 + 1}:{minute:02} {'am' if hour < 12 else 'pm'}"
        time = draws.pick((f"{hour}h{minute:02}", at_noon, f"{hour:02}{minute:02} hrs"))
        lines.append(
            f"{flight}, {towns[at]} to {towns[at + 1]}, {dated(draws, leaves, odd=True)}, leaves {time}"
            + (f", seat {seat}" if seat else "")
        )
    gone = f"{draws.pick(_LINES)} {draws.between(3000, 3999)}"
    moved = draws.below(3)
    lines[moved] += f" (this replaces {gone}, which the airline has taken off)"
    reference = "".join(draws.pick("BCDFGHJKLMNPQRSTVWXZ2345679") for _ in range(6))
    grouped = amount(price, draws.pick(("dot", "blank", "swiss")))
    passport = code(draws, draws.pick("CDKLX"), 8) if draws.chance(0.4) else None
    papers = (
        f"\n\nWe have noted your passport, {passport}."
        if passport
        else "\n\nPlease send us your passport number in time."
    )
    body = (
        draws.pick(
            (
                f"Dear {traveller},\n\nyour journey has changed; the earlier plan is void. Your reference remains {reference}.\n\n"
                + "\n".join(f"{at}) {line}" for at, line in enumerate(lines, 1))
                + f"\n\nIn all this comes to {grouped} EUR. Instead of the {amount(price + 8700)} that we named first, that is.\n"
                f"{agent}",
                f"Itinerary for {traveller} (booked by {agent}, ref. {reference})\n\n"
                + ";\n".join(lines)
                + f".\n\nFare: EUR {grouped}, of which {amount(price // 5, 'dot')} are taxes.",
            )
        )
        + papers
    )
    item = form.record(
        **{"flight": form.text("as written"), "from": form.text(), "to": form.text(), "date": form.day()},
        departure=form.clock(),
        seat=form.missing(form.text()),
    )
    return document(
        "itinerary", body,
        ("traveller", form.text(), traveller),
        ("reference", form.text(), reference),
        ("legs", form.many(item, "those that are flown"), legs),
        ("total_eur", form.number(), price / 100),
        ("passport_number", form.missing(form.text()), passport),
    )  # fmt: skip


def expenses(draws: Draws) -> Document:
    """A claim for expenses, told rather than listed."""
    name, chief = people(draws, 2)
    begins, (town, _) = day(draws, 2022), draws.pick(TOWNS)
    costs: list[dict[str, Any]] = []
    told = []
    for at, what in enumerate(draws.some(_EXPENSES, draws.between(3, 5))):
        spent, cents, proof = begins + timedelta(days=at), draws.between(450, 98000), draws.chance(0.7)
        costs.append({"what": what, "date": spent.isoformat(), "amount_eur": cents / 100, "receipt": proof})
        told.append(
            draws.pick(("{what}: {sum}, {day}, {proof}", "on {day} {what}, {sum} ({proof})", "{sum} for {what} / {day} / {proof}"))
            .format(
                what=what,
                sum=draws.pick((f"€ {amount(cents, 'dot')}", f"{amount(cents, 'blank')} euros", f"EUR {amount(cents)}")),
                day=dated(draws, spent, odd=True),
                proof=draws.pick(("receipt attached", "see receipt")) if proof else draws.pick(("receipt lost", "no receipt")),
            )
        )  # fmt: skip
    private = f"{draws.pick(_PRIVATE)}, € {amount(draws.between(200, 4000), 'dot')}: struck out, that was private"
    told.insert(draws.below(len(told)), private)
    kilometres = draws.between(21, 980) if draws.chance(0.5) else None
    car = (
        f"I drove my own car for {spelt(kilometres)} kilometres." if kilometres
        # Of one's own car not a word, or 0 would be as right as null.
        else draws.pick(("A colleague drove me to the station.", "Please pay into my usual account."))
    )  # fmt: skip
    head = draws.pick(
        (
            f"Expenses of {name}, journey to {town}, for approval by {chief}",
            f"{chief}, here is what my stay in {town} cost. {name}",
            f"Claim | {name} | {town} | approver {chief}",
        )
    )
    advance = draws.between(2, 9) * 100 if draws.chance(0.4) else None
    paid = f" An advance of {spelt(advance)} euros was paid to me before." if advance else ""
    item = form.record(what=form.text("as named"), date=form.day(), amount_eur=form.number(), receipt=form.truth())
    return document(
        "expenses", f"{head}\n\n" + "\n".join(f"- {line}" for line in told) + f"\n\n{car}{paid}",
        ("claimant", form.text(), name),
        ("approver", form.text(), chief),
        ("town", form.text(), town),
        ("costs", form.many(item, "those that are claimed"), costs),
        ("own_car_km", form.missing(form.whole()), kilometres),
        ("advance_eur", form.missing(form.number()), advance),
    )  # fmt: skip


def offers(draws: Draws) -> Document:
    """Offers of several firms for the same thing, in the words of who compares them."""
    wanted, buyer = draws.pick(GOODS), people(draws, 1)[0]
    names = firms(draws, 4)
    asked, pieces = day(draws, 2023), draws.between(20, 900)
    quotes: list[dict[str, Any]] = []
    told = []
    for name in names[:3]:
        cents, weeks, until = (
            draws.between(150, 90000),
            draws.between(2, 14),
            asked + timedelta(days=draws.between(15, 90)),
        )
        quote = {
            "supplier": name, "unit_price_eur": cents / 100, "delivery_weeks": weeks, "valid_until": until.isoformat()
        }  # fmt: skip
        price = draws.pick((f"{amount(cents, 'dot')} EUR", f"€{amount(cents)}", f"{amount(cents, 'blank')} euros"))
        parts = [
            f"{name} asks {price} apiece",
            draws.pick((f"delivers in {spelt(weeks)} weeks", f"needs {spelt(weeks)} weeks")),
            draws.pick(("is bound by that until {}", "keeps the offer open until {}")).format(
                dated(draws, until, odd=True)
            ),
        ]
        left_out = draws.pick((None, 1, 2))
        if left_out:
            parts.pop(left_out)
            quote["delivery_weeks" if left_out == 1 else "valid_until"] = None
        quotes.append(quote)
        told.append(f"{listed(parts)}.")
    told.insert(
        draws.below(4),
        f"{names[3]} first named {amount(draws.between(100, 80000), 'dot')} EUR, {spelt(draws.between(2, 9))} weeks, but has "
        "withdrawn since.",
    )
    body = draws.pick(
        (
            f"Enquiry of {dated(draws, asked, odd=True)}: {pieces} × {wanted}. Summary by {buyer}.\n\n{' '.join(told)}",
            f"{buyer}: on {dated(draws, asked, odd=True)} we asked four firms for {spelt(pieces)} pieces ({wanted}).\n\n"
            + "\n".join(f"* {line}" for line in told),
        )
    )
    item = form.record(
        supplier=form.text(),
        unit_price_eur=form.number(),
        delivery_weeks=form.missing(form.whole()),
        valid_until=form.missing(form.day()),
    )
    return document(
        "comparison of offers", body,
        ("article", form.text("as named"), wanted),
        ("pieces", form.whole(), pieces),
        ("enquiry_date", form.day(), asked.isoformat()),
        ("compared_by", form.text(), buyer),
        ("offers", form.many(item, "those that stand"), quotes),
    )  # fmt: skip


def career(draws: Draws) -> Document:
    """A life in prose, with gaps, and with other people's lives beside it."""
    name, sibling, chief = people(draws, 3)
    town, companies, roles = draws.pick(TOWNS)[0], firms(draws, 3), draws.some(ROLES, 4)
    born, subject = draws.between(1950, 1984), draws.pick(_STUDIES)
    year, team = born + draws.between(22, 26), draws.pick((None, draws.between(3, 45)))
    finished, number = draws.chance(0.5), draws.pick((None, phone(draws)))
    leads = f", with a team of {spelt(team)}" if team else ""
    jobs: list[dict[str, Any]] = []
    told = []
    for at, (company, role) in enumerate(zip(companies, roles, strict=False)):
        until = year + draws.between(2, 6)
        last = at == len(companies) - 1
        jobs.append({"role": role, "employer": company, "from": year, "to": None if last else until})
        told.append(
            f"Since {year} it has been {company}, as {role}{leads}." if last
            else draws.pick(
                (
                    f"From {year} on the employer was {company}, where the post of {role} lasted until {until}.",
                    f"{company} offered the post of {role} in {year}, and it was kept for {spelt(until - year)} years.",
                    f"The years {year} to {until} went to {company}, as {role}.",
                )
            )
        )  # fmt: skip
        year = until + draws.between(0, 2)
    degree = f"a degree in {subject} in {born + 22}" if finished else f"a few terms of {subject}, without a degree"
    body = (
        f"{name}, born in {town} in {born}, is the elder of two; {sibling}, three years younger, became {roles[3]} at "
        f"{firm(draws)}. After school came {degree}. {' '.join(told)} {chief}, who "
        f'{draws.pick(("leads", "heads"))} the house, says: "We could not do without {name.split()[0]}."'
        + (f" Who wants to know more may call {number}." if number else "")
    )
    item = form.record(
        **{"role": form.text(), "employer": form.text(), "from": form.whole("year")},
        to=form.missing(form.whole("year")),
    )
    return document(
        "portrait", body,
        ("name", form.text("whom the text is about"), name),
        ("born", form.whole("year"), born),
        ("birthplace", form.text(), town),
        ("degree_subject", form.missing(form.text("of a finished degree")), subject if finished else None),
        ("jobs", form.many(item), jobs),
        ("team_size", form.missing(form.whole()), team),
        ("phone", form.missing(form.text("as written")), number),
    )  # fmt: skip


GENRES: tuple[Genre, ...] = (thread, minutes, itinerary, expenses, offers, career)
