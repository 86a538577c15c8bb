"""How a person fills a Camunda form in the browser: by label, as read on the page."""

from __future__ import annotations

from playwright.sync_api import Page, expect


def choose(page: Page, group: str, option: str) -> None:
    """Choose a radio button or tick a box by the beginning of its text, within the field of that label."""
    box = page.locator(".fjs-form-field", has_text=group).last.get_by_label(option, exact=False).first
    if not box.is_checked():  # by keyboard: messages that go away move what a mouse aims at
        box.focus()
        box.press("Space")
    expect(box).to_be_checked()


def pick(page: Page, field: str, option: str) -> None:
    """Choose from a list that opens on a click."""
    page.locator(".fjs-form-field-select", has_text=field).last.locator(".fjs-select-display").click()
    page.locator(".fjs-dropdownlist-item", has_text=option).first.click()


def write(page: Page, field: str, text: str) -> None:
    """Type into the field of that label."""
    page.get_by_label(field, exact=False).last.fill(text)


def write_day(page: Page, field: str, text: str) -> None:
    """Type a date once its calendar is there (it would clear what was typed before)."""
    box = page.locator(".fjs-form-field-datetime", has_text=field).locator("input.flatpickr-input")
    box.wait_for()
    box.fill(text)
    box.press("Tab")
