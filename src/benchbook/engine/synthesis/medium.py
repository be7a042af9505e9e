"""Everyday papers: more fields, a list or an object within, dates and amounts as each writer likes them."""

from datetime import date, timedelta
from typing import Any

from benchbook.engine.synthesis import documents as form
from benchbook.engine.synthesis.documents import Document, Genre, document
from benchbook.engine.synthesis.draws import Draws
from benchbook.engine.synthesis.vocabulary import (
    CURRENCIES,
    GOODS,
    ROLES,
    TOWNS,
    address,
    code,
    day,
    firm,
    firms,
    people,
    person,
)
from benchbook.engine.synthesis.writing import amount, dated, listed, table

_FAULTS = [
    "the app closes as soon as a PDF is opened",
    "exports end up with an empty second page",
    "invoices are sent twice",
    "the login page keeps asking for the code",
    "search results are cut off after ten rows",
    "the map shows the wrong town",
    "attachments above 5 MB vanish",
    "the calendar is one hour off",
    "the printer queue never empties",
    "totals are rounded down in the summary",
    "the password reset mail does not arrive",
    "the scanner is not recognised",
]
_PRODUCTS = [
    "Desk Portal",
    "Fleet View",
    "Ledger One",
    "Mailroom",
    "PixelPress",
    "RotaPlan",
    "StockPilot",
    "TimeBoard",
    "Visitor Desk",
]
_TASKS = [
    "book the training room",
    "check the insurance terms",
    "collect three quotes",
    "draft the press note",
    "label the new shelves",
    "order spare filters",
    "prepare the stand layout",
    "renew the parking permits",
    "review the lease",
    "send out the survey",
    "test the backup generator",
    "translate the manual",
    "update the floor plan",
    "write to the landlord",
]
_SKILLS = [
    "AutoCAD",
    "bookkeeping",
    "conflict mediation",
    "contract law",
    "cost estimation",
    "Docker",
    "first aid",
    "forklift licence",
    "GIS",
    "grant writing",
    "Kubernetes",
    "LabVIEW",
    "lathe work",
    "patient triage",
    "PostgreSQL",
    "PowerShell",
    "PRINCE2",
    "Python",
    "SAP",
    "soldering",
    "statistics",
    "stock control",
    "technical drawing",
    "TIG welding",
    "usability testing",
]
_LANGUAGES = [
    "Arabic",
    "Czech",
    "Danish",
    "Dutch",
    "Finnish",
    "French",
    "German",
    "Greek",
    "Hindi",
    "Italian",
    "Japanese",
    "Polish",
    "Portuguese",
    "Spanish",
]
_CARRIERS = [
    "Atlas Parcel",
    "Borealis Freight",
    "Crossdock Express",
    "Doorstep",
    "Fast Heron",
    "Northline Cargo",
    "Swiftmark",
    "Tern Couriers",
]


def invoice(draws: Draws) -> Document:
    """An invoice with its lines."""
    (seller, buyer), (currency, sign) = firms(draws, 2), draws.pick(CURRENCIES)
    issued, number = day(draws), code(draws, draws.pick(("INV-", "R", "2025/", "F-")), 6)
    due = issued + timedelta(days=draws.pick((10, 14, 21, 30, 45, 60)))
    lines: list[dict[str, Any]] = [
        {"description": name, "quantity": draws.between(1, 24), "unit_price": draws.between(199, 45999)}
        for name in draws.some(GOODS, draws.between(2, 5))
    ]
    net = sum(line["quantity"] * line["unit_price"] for line in lines)
    vat = draws.pick((5, 10, 19, 20, 25))
    # Of whole cents, rounded half up.
    total = net + (net * vat + 50) // 100
    rows = [
        ("Qty", "Description", "Unit", "Amount"),
        *(
            (
                str(line["quantity"]),
                line["description"],
                amount(line["unit_price"]),
                amount(line["unit_price"] * line["quantity"]),
            )
            for line in lines
        ),
    ]
    head = draws.pick(
        (
            f"INVOICE {number}\n{seller}, {address(draws)}, {draws.pick(TOWNS)[0]}\n\nBill to: {buyer}\n"
            f"Date: {dated(draws, issued)}\nPayable by: {dated(draws, due)}",
            f"{seller}\nInvoice no. {number} of {dated(draws, issued)}\nfor {buyer}",
            f"From: {seller}\nTo:   {buyer}\nNo.:  {number}\nDate: {dated(draws, issued)}\nDue:  {dated(draws, due)}",
        )
    )
    foot = f"Net {amount(net)}\nVAT {vat} % {amount(total - net)}\nTotal {sign}{amount(total)}"
    paid = "" if "Due:" in head or "Payable" in head else f"\n\nPlease pay until {dated(draws, due)}."
    priced = [{**line, "unit_price": line["unit_price"] / 100} for line in lines]
    item = form.record(description=form.text(), quantity=form.whole(), unit_price=form.number())
    return document(
        "invoice", f"{head}\n\n{table(rows)}\n\n{foot}{paid}",
        ("invoice_number", form.text(), number),
        ("seller", form.text(), seller),
        ("buyer", form.text(), buyer),
        ("issued", form.day(), issued.isoformat()),
        ("due", form.day(), due.isoformat()),
        ("currency", form.choice(*(each for each, _ in CURRENCIES)), currency),
        ("lines", form.many(item), priced),
        ("vat_percent", form.whole(), vat),
        ("total", form.number("with VAT"), total / 100),
    )  # fmt: skip


def ticket(draws: Draws) -> Document:
    """A support ticket."""
    (reporter, agent), product, fault = people(draws, 2), draws.pick(_PRODUCTS), draws.pick(_FAULTS)
    number, opened = code(draws, "#", 5), day(draws, 2023)
    version = f"{draws.between(1, 9)}.{draws.between(0, 14)}.{draws.between(0, 30)}"
    priority = draws.pick(("low", "normal", "high", "urgent"))
    users, systems = (
        draws.between(2, 400),
        draws.some(("Windows 11", "macOS 15", "Ubuntu 24.04", "iOS 18", "Android 15"), 2),
    )
    steps = draws.pick(("a restart", "clearing the cache", "reinstalling", "another browser", "a new user profile"))
    at = dated(draws, opened)
    body = draws.pick(
        (
            f"Ticket {number}   [{priority}]\nOpened by {reporter}, {at}\nAssigned: {agent}\n\nSince we moved to {product} "
            f"{version}, {fault}. It happens on {listed(systems)} and concerns about {users} users. We have tried {steps}; "
            "no change.",
            f"Subject: {product} {version}: {fault}\n\nHi support,\n\nthis has been going on since {at}, when we "
            f"first wrote to you. {users} of our users are affected, all on {listed(systems)}. {steps.capitalize()} did "
            f"not help.\n\n{reporter}\n\n---\n{number} taken by {agent}, priority {priority}",
            f"id: {number}\nproduct: {product} ({version})\nreported: {at} by {reporter}\nowner: {agent}\n"
            f"priority: {priority}\nplatforms: {', '.join(systems)}\naffected users: {users}\n\n{fault.capitalize()}. "
            f"Tried so far: {steps}.",
        )
    )
    return document(
        "support ticket", body,
        ("ticket", form.text("with its sign"), number),
        ("opened", form.day(), opened.isoformat()),
        ("reporter", form.text(), reporter),
        ("assignee", form.text(), agent),
        ("product", form.record(name=form.text(), version=form.text()), {"name": product, "version": version}),
        ("platforms", form.many(form.text()), systems),
        ("priority", form.choice("low", "normal", "high", "urgent"), priority),
        ("affected_users", form.whole(), users),
    )  # fmt: skip


def minutes(draws: Draws) -> Document:
    """The notes of a meeting, with what is to be done."""
    present = people(draws, draws.between(3, 5))
    absent, held = person(draws), day(draws, 2024)
    while absent in present:
        absent = person(draws)
    room = f"room {draws.between(1, 6)}.{draws.between(10, 48)}"
    begins = draws.between(8, 15)
    actions = [
        {"task": task, "owner": draws.pick(present), "due": (held + timedelta(days=draws.between(3, 60))).isoformat()}
        for task in draws.some(_TASKS, draws.between(2, 4))
    ]
    told = [
        draws.pick(
            (
                "{owner} is to {task} by {due}.",
                "{owner} will {task} (until {due}).",
                "Due {due}: {task} - {owner}.",
            )
        ).format(owner=action["owner"], task=action["task"], due=dated(draws, date.fromisoformat(str(action["due"]))))
        for action in actions
    ]
    who = draws.pick(
        (f"Present: {', '.join(present)}", f"In the room: {listed(present)}", f"Attending were {listed(present)}.")
    )
    head = draws.pick(
        (
            f"Minutes, {dated(draws, held)}, {room}, {begins:02}:00-{begins + 1:02}:30",
            f"Team meeting in {room} on {dated(draws, held)}. We began at {begins:02}:00.",
            f"NOTES\nDate: {dated(draws, held)}\nPlace: {room}\nStart: {begins:02}:00",
        )
    )
    sorry = draws.pick((f"Apologies: {absent}", f"{absent} sent apologies.", f"Excused: {absent}"))
    mark = draws.pick(("- ", "* ", "[ ] ", "-> "))
    item = form.record(
        task=form.text("begins with the verb, as in the text"), owner=form.text("full name"), due=form.day()
    )
    return document(
        "meeting notes", f"{head}\n{who}\n{sorry}\n\n" + "\n".join(f"{mark}{line}" for line in told),
        ("date", form.day(), held.isoformat()),
        ("room", form.text("with the word room"), room),
        ("start", form.clock(), f"{begins:02}:00"),
        ("present", form.many(form.text("full name")), present),
        ("absent", form.many(form.text("full name")), [absent]),
        ("actions", form.many(item), actions),
    )  # fmt: skip


def shipment(draws: Draws) -> Document:
    """A shipping notice with its parcels."""
    carrier, sender, name = draws.pick(_CARRIERS), firm(draws), person(draws)
    origin, target = draws.some(TOWNS, 2)
    shipped, street = day(draws, 2023), address(draws)
    arrives = shipped + timedelta(days=draws.between(2, 12))
    order = code(draws, "PO-", 6)
    parcels = [
        {"tracking": code(draws, draws.pick(("TN", "CX", "ZB")), 9), "weight_kg": draws.between(3, 480) / 10}
        for _ in range(draws.between(1, 4))
    ]
    rows = "\n".join(
        draws.pick(("{tracking}, {weight_kg} kg", "{tracking}: {weight_kg} kg")).format(**parcel) for parcel in parcels
    )
    signed = draws.chance(0.5)
    note = (
        "A signature is needed on delivery."
        if signed
        else "No signature is needed; the driver may leave it at the door."
    )
    body = draws.pick(
        (
            f"Good news, {name}! Your order {order} left our {origin[0]} warehouse on {dated(draws, shipped)} with "
            f"{carrier}. Expect it at {street}, {target[0]}, on {dated(draws, arrives)}.\n\n{rows}\n\n{note}\n{sender}",
            f"SHIPPING NOTICE\nOrder: {order}\nShipper: {sender}, {origin[0]}\nCarrier: {carrier}\n"
            f"Consignee: {name}, {street}, {target[0]}\nShipped: {dated(draws, shipped)}\nETA: {dated(draws, arrives)}\n"
            f"Parcels:\n{rows}\n{note}",
            f"{carrier} has taken over the following from {sender} in {origin[0]} ({dated(draws, shipped)}):\n\n{rows}\n\n"
            f"For: {name}\n     {street}\n     {target[0]}\nYour order: {order}. Planned delivery: "
            f"{dated(draws, arrives)}. {note}",
        )
    )
    to = {"name": name, "street": street, "town": target[0]}
    item = form.record(tracking=form.text(), weight_kg=form.number())
    return document(
        "shipping notice", body,
        ("order", form.text(), order),
        ("shipper", form.text(), sender),
        ("carrier", form.text(), carrier),
        ("from_town", form.text(), origin[0]),
        ("recipient", form.record(name=form.text(), street=form.text("with the house number"), town=form.text()), to),
        ("shipped", form.day(), shipped.isoformat()),
        ("expected", form.day(), arrives.isoformat()),
        ("parcels", form.many(item), parcels),
        ("signature_required", form.truth(), signed),
    )  # fmt: skip


def resume(draws: Draws) -> Document:
    """A curriculum vitae."""
    name, (town, _), born = person(draws), draws.pick(TOWNS), draws.between(1962, 1985)
    jobs, year = [], draws.between(born + 20, born + 25)
    for role, company in zip(draws.some(ROLES, 3), firms(draws, draws.between(2, 3)), strict=False):
        until = year + draws.between(1, 4)
        jobs.append({"role": role, "employer": company, "from": year, "to": until})
        year = until + draws.between(0, 2)
    skills, languages = draws.some(_SKILLS, draws.between(3, 5)), draws.some(_LANGUAGES, draws.between(1, 3))
    arrow = draws.pick((" - ", " to ", " until "))
    told = "\n".join(f"{job['from']}{arrow}{job['to']}  {job['role']}, {job['employer']}" for job in reversed(jobs))
    body = draws.pick(
        (
            f"{name.upper()}\nborn {born} · lives in {town}\n\nEXPERIENCE\n{told}\n\nSKILLS\n{', '.join(skills)}\n\n"
            f"LANGUAGES\n{', '.join(languages)}",
            f"Curriculum vitae: {name}\n\nYear of birth: {born}\nTown: {town}\n\nEmployment\n{told}\n\nI am at home in "
            f"{listed(skills)}, and speak {listed(languages)}.",
            f"Name: {name}\nResidence: {town}\nBorn: {born}\nLanguages: {listed(languages)}\nSkills: {listed(skills)}\n\n{told}",
        )
    )
    item = form.record(
        **{"role": form.text(), "employer": form.text(), "from": form.whole("year"), "to": form.whole("year")}
    )
    return document(
        "CV", body,
        ("name", form.text("capitals only at the beginnings"), name),
        ("born", form.whole("year"), born),
        ("town", form.text(), town),
        ("jobs", form.many(item), jobs),
        ("skills", form.many(form.text("as written")), skills),
        ("languages", form.many(form.text()), languages),
    )  # fmt: skip


def order(draws: Draws) -> Document:
    """An order by e-mail, in prose."""
    (buyer, clerk), company = people(draws, 2), firm(draws)
    items = [{"article": name, "quantity": draws.between(1, 60)} for name in draws.some(GOODS, draws.between(2, 4))]
    wanted, (town, _), street = day(draws, 2024), draws.pick(TOWNS), address(draws)
    centre, when = code(draws, "CC-", 4), dated(draws, wanted)
    told = listed([f"{item['quantity']} × {item['article']}" for item in items])
    payment = draws.pick(("invoice", "credit card", "bank transfer"))
    body = draws.pick(
        (
            f"To: sales\nFrom: {buyer}\n\nDear {clerk.split()[0]},\n\nplease send us {told}. We need them by {when} at "
            f"{street}, {town}. Book it to {centre}; we pay by {payment}.\n\n{buyer}\n{company}",
            f"Hello {clerk},\n\nas agreed I order for {company}, cost centre {centre}:\n\n"
            + "\n".join(f"  {item['quantity']} pcs  {item['article']}" for item in items)
            + f"\n\nDeliver to: {street}, {town}\nNot later than: {when}\nPayment: {payment}\n\nThank you\n{buyer}",
            f"{buyer} here, of {company}. Our stock is running low: could we have {told}? The latest day would be {when}. "
            f"Address as always: {street} in {town}. Payment by {payment}, cost centre {centre}.",
        )
    )
    item = form.record(article=form.text("as named, in the singular"), quantity=form.whole())
    return document(
        "order", body,
        ("customer", form.text("the company"), company),
        ("ordered_by", form.text("full name"), buyer),
        ("items", form.many(item), items),
        ("deliver_by", form.day(), wanted.isoformat()),
        ("delivery", form.record(street=form.text("with the house number"), town=form.text()), {"street": street, "town": town}),
        ("cost_centre", form.text(), centre),
        ("payment", form.choice("invoice", "credit card", "bank transfer"), payment),
    )  # fmt: skip


GENRES: tuple[Genre, ...] = (invoice, ticket, minutes, shipment, resume, order)
