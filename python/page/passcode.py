"""Passcodes in the page: how strong one looks, a good one made, typed ones shown and cleared.

Nothing of this needs a worker, so no passcode is sent anywhere before its form is. The functions on top run on CPython in
the tests as well; what touches the DOM is below. data-strength="#field" names the field that a line judges,
data-generate and data-reveal the fields that a button fills or shows.
"""

import math

LEAST = 21

# Without letters and digits that are read as each other.
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"
GROUPS, GROUP = 5, 5


def strength(passcode):
    """(bits, words, kind) of how strong a passcode looks; kind as in the style sheet.

    An estimate from length, alphabet and repetition: it knows no dictionary. A text of small letters and spaces is taken for
    words, at 1.8 bits a letter (a word of a list of 7,776 has 13 bits and some 7 letters), anything else by its alphabet.
    """
    kinds = [0, 0, 0, 0]
    letters = 0
    runs = 0
    before = ""
    for each in passcode:
        if "a" <= each <= "z":
            kinds[0] = 26
        elif "A" <= each <= "Z":
            kinds[1] = 26
        elif "0" <= each <= "9":
            kinds[2] = 10
        else:
            kinds[3] = 33
        if "a" <= each <= "z" or each in " -":
            letters += 1
        if each != before and not (before and ord(each) - ord(before) == 1):
            runs += 1
        before = each
    size = sum(kinds)
    worded = letters == len(passcode)
    rate = 1.8 if worded else math.log(size or 1) / math.log(2)
    bits = round(min(runs, 4 * len(set(passcode))) * rate)
    if shaped(passcode):  # the dashes say nothing, and of the alphabet only that of `generated` was drawn from
        bits = min(bits, int(GROUPS * GROUP * math.log(len(ALPHABET)) / math.log(2)))
    if len(passcode) < LEAST:
        missing = LEAST - len(passcode)
        return bits, f"{missing} more {'character is' if missing == 1 else 'characters are'} needed", "bad"
    if bits < 40:
        return bits, "weak: easy to guess", "bad"
    if bits < 70:
        return bits, f"fair, about {bits} bits", "warn"
    return bits, f"strong, about {bits} bits", "ok"


def shaped(passcode):
    """Whether it has the shape of what `generated` makes."""
    groups = passcode.split("-")
    return len(groups) == GROUPS and all(len(each) == GROUP and all(one in ALPHABET for one in each) for each in groups)


def generated(random_bytes):
    """A passcode of five groups of five letters and digits, 145 bits; random_bytes(n) gives n random bytes.

    Bytes past the largest multiple of the alphabet's size are passed over: each letter is equally likely.
    """
    limit = 256 - 256 % len(ALPHABET)
    letters = []
    while len(letters) < GROUPS * GROUP:
        for byte in random_bytes(64):
            if byte < limit and len(letters) < GROUPS * GROUP:
                letters.append(ALPHABET[byte % len(ALPHABET)])
    return "-".join("".join(letters[at : at + GROUP]) for at in range(0, len(letters), GROUP))


# ---------------------------------------------------------------- in the page


def start():
    """Listen for as long as the page lives."""
    import js
    from page.dom import announce, closest, document, find, on

    def random_bytes(count):
        values = js.crypto.getRandomValues(js.Uint8Array.new(count))
        return [int(values.at(index)) for index in range(count)]

    def judge(field):
        line = find(f'[data-strength="#{field.id}"]')
        if not line:
            return
        bits, words, kind = strength(field.value)
        line.hidden = not field.value
        line.className = "strength " + kind
        find("meter", line).value = min(bits, 128)
        find("span", line).textContent = words

    def show(button, shown):
        fields = document.querySelectorAll(button.getAttribute("data-reveal"))
        for index in range(fields.length):
            fields.item(index).type = "text" if shown else "password"
        button.setAttribute("aria-pressed", "true" if shown else "false")
        button.textContent = "Hide" if shown else "Show"

    def on_input(event):
        field = closest(event, "input[autocomplete=new-password]")
        if field:
            judge(field)

    def on_click(event):
        button = closest(event, "[data-generate], [data-reveal]")
        if not button:
            return
        if button.hasAttribute("data-reveal"):
            show(button, button.getAttribute("aria-pressed") != "true")
            return
        made = generated(random_bytes)
        fields = document.querySelectorAll(button.getAttribute("data-generate"))
        for index in range(fields.length):
            fields.item(index).value = made
        judge(fields.item(0))
        other = find("[data-reveal]", button.parentElement)
        if other:
            show(other, True)
        announce("A passcode is filled in. Write it down.")

    def on_answer(event):
        """A form that was answered keeps no passcode, whatever the answer was."""
        source = event.detail.context.sourceElement
        form = source.closest("form") if source and hasattr(source, "closest") else None
        if not form:
            return
        fields = form.querySelectorAll("input[autocomplete$=password]")
        for index in range(fields.length):
            fields.item(index).value = ""
            fields.item(index).type = "password"
        buttons = form.querySelectorAll("[data-reveal]")
        for index in range(buttons.length):
            show(buttons.item(index), False)
        lines = form.querySelectorAll("[data-strength]")
        for index in range(lines.length):
            lines.item(index).hidden = True

    on(document, "input", on_input)
    on(document, "click", on_click)
    on(document, "keriwasm:swapped", on_answer)
    typed = document.querySelectorAll("input[autocomplete=new-password]")  # before this was there
    for index in range(typed.length):
        judge(typed.item(index))
