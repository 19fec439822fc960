"""The page in a real browser: chromium, headless, without network but the loopback.

Screenshots of what a person sees are kept in var/page-tests/screenshots. The browser is Debian's (`chromium`), or the one that
CHROMIUM names. Without names of tests all run, in two processes at a time: most of a test's time is waiting.
"""

import atexit
import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import unittest
import urllib.parse
from pathlib import Path

from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parent))
from server import ALL, FACTORIES, HOSTILE, HOSTILE_RECORD, PART, ROOT, WORK, Server, binaries, make_data  # noqa: E402

SCREENSHOTS = ALL / "screenshots"
# WebGL without a graphics card.
FLAGS = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
SQUARE = {"longitude": 121.4737, "latitude": 31.2304}
CHINA = "73.5,17.5,135.2,53.8"


def setUpModule():
    global server, browser, playwright
    program = binaries() / "blueatlas"
    server = Server(program)
    # Also where the tests are ended from outside.
    atexit.register(server.stop)
    if not PART:
        forget_screenshots()
    playwright = sync_playwright().start()
    browser = playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM") or shutil.which("chromium"), args=FLAGS)


def forget_screenshots():
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for old in SCREENSHOTS.glob("*.png"):
        old.unlink()


def tearDownModule():
    browser.close()
    playwright.stop()
    server.stop()


class View:
    """A page that is open, with what a person may look for on it."""

    def __init__(self, test, state="lang=en", viewport=DESKTOP, offline=(), at=None, **options):
        self.test = test
        self.address = (at or server).address
        self.strays, self.errors = [], []
        self.context = browser.new_context(viewport=viewport, **options)
        self.context.set_default_timeout(15_000)
        self.context.route("**/*", self.guard)
        self.blocked = list(offline)
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        test.addCleanup(self.close)
        self.page.goto(f"{self.address}/#{state}")

    def guard(self, route):
        url = urllib.parse.urlsplit(route.request.url)
        if url.scheme not in ("data", "blob") and f"{url.scheme}://{url.netloc}" != self.address:
            self.strays.append(route.request.url)
            route.abort()
        elif any(part in route.request.url for part in self.blocked):
            route.abort()
        else:
            route.continue_()

    def close(self):
        self.context.close()
        self.test.assertEqual(self.strays, [], "a request left the loopback")
        if not self.blocked:
            unexpected = [error for error in self.errors if "404" not in error and "400" not in error]
            self.test.assertEqual(unexpected, [])

    # --- The map

    def idles(self):
        return int(self.page.evaluate("() => document.documentElement.dataset.idle ?? 0"))

    def settle(self, before=0):
        """Waits until the map has drawn everything, since `before`."""
        self.eventually(lambda: self.idles() > before, "the map is never idle")
        # The map may go on at once with what arrived last.
        self.eventually(lambda: self.map("map => map.loaded() && !map.isMoving()"), "the map is never loaded")
        return self

    def act(self, action):
        before = self.idles()
        action()
        return self.settle(before)

    def eventually(self, condition, message):
        end = time.monotonic() + 15
        while time.monotonic() < end:
            if condition():
                return
            self.page.wait_for_timeout(25)
        self.test.fail(message)

    def map(self, function):
        return self.page.evaluate(f"async () => ({function})((await import('/assets/map.js')).libraryMap())")

    def drawn(self, layer):
        """Properties and positions of the features of a layer of the tiles that are drawn."""
        return self.map(
            """map => {
              const layers = map.getStyle().layers.filter((item) => item["source-layer"] === "%s");
              const found = new Map();
              for (const feature of map.queryRenderedFeatures({ layers: layers.map((item) => item.id) })) {
                const { properties, geometry } = feature;
                const point = map.project(geometry.coordinates);
                found.set(properties.cluster_id ?? properties.id, { ...properties, x: point.x, y: point.y });
              }
              return [...found.values()];
            }"""
            % layer)

    def total(self):
        """How many factories are drawn: those of clusters and those by themselves."""
        return sum(item["count"] for item in self.drawn("clusters")) + len(self.drawn("factories"))

    def click_map(self, x, y):
        box = self.page.locator("#map").bounding_box()
        self.page.mouse.click(box["x"] + x, box["y"] + y)

    # --- The page

    def text(self, selector):
        return self.page.locator(selector).inner_text()

    def hash(self):
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.page.url).fragment))

    def entries(self):
        return self.page.locator("#list .entry").evaluate_all("list => list.map((item) => item.dataset.id)")

    def shot(self, name):
        self.page.wait_for_timeout(150)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")


class MapTests(unittest.TestCase):
    def test_the_blue_map_shows_every_factory(self):
        view = View(self, "lang=zh").settle()
        self.assertEqual(view.total(), FACTORIES + 1)
        self.assertEqual(view.page.get_attribute("#tab-blue", "aria-selected"), "true")
        view.eventually(lambda: f"{FACTORIES + 1:,}" in view.text("#announce"), "the number of factories is not said")
        # Synthetic data are marked, attributed, and the map says that it has no approval number.
        self.assertIn("合成数据", view.text("#synthetic"))
        self.assertIn("SYNTHETIC", view.text(".maplibregl-ctrl-attrib"))
        self.assertIn("审图号", view.text("footer"))
        view.shot("blue-zh")

    def test_borders_lie_under_the_factories(self):
        view = View(self, "lang=en&at=7/31.0/119.5").settle()
        found = view.map(
            """map => Object.fromEntries(["land", "border-outline", "border-province", "border-prefecture"].map((id) =>
              [id, [...new Set(map.queryRenderedFeatures({ layers: [id] }).map((item) => item.properties.code ?? item.properties.kind))]]))""")
        for code in ("330100", "320500", "310100"):
            self.assertIn(code, found["land"])
        self.assertEqual(found["border-province"], ["province"])
        self.assertEqual(found["border-prefecture"], ["prefecture"])
        self.assertEqual(found["border-outline"], ["outline"])
        # Whose borders they are, that some are invented, and that they have no approval number.
        for words in ("Digital Chart of the World", "SYNTHETIC cells", "审图号"):
            self.assertIn(words, view.text(".maplibregl-ctrl-attrib"))
        view.shot("borders")

    def test_the_supply_chain_map_shows_every_published_supplier(self):
        view = View(self, "map=supply-chain&lang=en").settle()
        brands = {brand["id"] for brand in server.get("/v1/search", q="BB", kind="brand", limit=100)["brands"]}
        self.assertGreater(len(brands), 20)
        expected = server.get("/v1/factories", bbox=CHINA, limit=1, brand=",".join(sorted(brands)))["numberMatched"]
        self.assertTrue(0 < expected < FACTORIES)
        self.assertEqual(view.total(), expected)
        # The list beside it is of suppliers too.
        view.eventually(lambda: f"{expected:,} factories" in view.text("#announce"), "the list is of others")
        for chosen in view.entries()[:5]:
            self.assertTrue(server.get(f"/v1/factories/{chosen}")["properties"]["brands"])
        view.shot("supply-chain-en")

    def test_a_cluster_opens_on_click_until_a_factory_does(self):
        view = View(self, "lang=en").settle()
        for _ in range(12):
            clusters = view.drawn("clusters")
            if not clusters:
                break
            largest = max(clusters, key=lambda item: (item["x"] > 60 and 60 < item["y"] < 700, item["count"]))
            zoom = view.map("map => map.getZoom()")
            view.click_map(largest["x"], largest["y"])
            view.eventually(lambda: view.map("map => map.getZoom()") >= zoom + 0.9, "the cluster does not open")
            view.settle(-1)
        factories = view.drawn("factories")
        self.assertTrue(factories)
        view.shot("cluster-opened")
        middle = min(factories, key=lambda item: abs(item["x"] - 440) + abs(item["y"] - 400))
        view.click_map(middle["x"], middle["y"])
        view.eventually(
            lambda: view.page.locator("#factory h2").is_visible() or "at this point" in view.text("#announce"), "nothing opens")

    def test_what_is_missing_is_said_in_words(self):
        View(self, "lang=en", offline=["maplibre-gl-5.3.0.js"]).page.locator("text=map library is missing").wait_for()
        view = View(self, "lang=en&brand=nobody")
        view.page.locator("#map-message").wait_for()
        view.eventually(lambda: "nobody" in view.text("#list"), "the list does not say which brand")
        lost = View(self, "lang=en", offline=["/v1/"]).settle()
        lost.page.locator("#list >> text=cannot be reached").wait_for()
        self.assertEqual(View(self, "lang=en&map=x&at=a/b/c&status=angry&near=1,2&from=never&industry=__proto__").settle().total(), FACTORIES + 1)


class FilterTests(unittest.TestCase):
    def matched(self, **filters):
        return server.get("/v1/factories", bbox=CHINA, limit=1, **filters)["numberMatched"]

    def test_filters_act_at_once_on_map_and_list(self):
        view = View(self, "lang=en").settle()
        violating = self.matched(status="violating")
        self.assertTrue(0 < violating < FACTORIES / 2)
        view.act(lambda: view.page.click("[data-status=violating]"))
        self.assertEqual(view.total(), violating)
        self.assertEqual(view.hash()["status"], "violating")
        view.eventually(lambda: f"{violating:,}" in view.text("#announce"), "the list does not follow")
        self.assertEqual(view.page.get_attribute("[data-status=violating]", "aria-pressed"), "true")
        view.act(lambda: view.page.click("[data-status=unresolved]"))
        self.assertEqual(view.total(), self.matched(status="violating,unresolved"))
        view.page.click("#filters summary")
        view.act(lambda: view.page.select_option("#industry", "C17"))
        self.assertEqual(view.total(), self.matched(status="violating,unresolved", industry="C17"))
        view.act(lambda: view.page.select_option("#category", "water"))
        view.act(lambda: view.page.fill("#from", "2015-01-01"))
        view.act(lambda: view.page.fill("#to", "2024-12-31"))
        everything = {"status": "violating,unresolved", "industry": "C17", "category": "water", "from": "2015-01-01", "to": "2024-12-31"}
        self.assertEqual(view.total(), self.matched(**everything))
        self.assertEqual({name: view.hash()[name] for name in everything}, everything)
        view.shot("filters-en")
        view.act(lambda: view.page.click("#clear"))
        self.assertEqual(view.total(), FACTORIES + 1)
        self.assertNotIn("industry", view.hash())

    def test_a_brand_is_found_by_name_and_filters(self):
        view = View(self, "lang=zh").settle()
        brand = server.get("/v1/search", q="1", kind="brand")["brands"][0]
        view.page.click("#filters summary")
        view.page.locator("#brand-query").press_sequentially(brand["name_zh"])
        view.page.locator("#brand-suggestions [role=option]").first.wait_for()
        view.act(lambda: view.page.keyboard.press("Enter"))
        self.assertEqual(view.total(), brand["suppliers"])
        self.assertIn(brand["name_zh"], view.text("#brands"))
        view.act(lambda: view.page.click("#brands button"))
        self.assertEqual(view.total(), FACTORIES + 1)

    def test_a_filter_that_leaves_nothing_says_so(self):
        view = View(self, "lang=en&industry=T")
        view.eventually(lambda: "No factory in this view" in view.text("#announce"), "nothing is said")


class CarbonTests(unittest.TestCase):
    """Places by colour, enterprises by area; controls that act at once; panels; a list for whoever does not see the map."""

    def places(self, view):
        """Properties and drawn colours of the places of the tiles, by code."""
        return view.map(
            """map => Object.fromEntries(map.queryRenderedFeatures()
                 .filter((item) => item.source === "blueatlas" && item.sourceLayer === "places")
                 .map((item) => [item.properties.code, { ...item.properties, color: item.layer.paint["fill-color"].toString() }]))""")

    def table(self, **parameters):
        return {item["code"]: item for item in server.get("/v1/carbon/places", **parameters)["places"]}

    def test_places_and_enterprises_are_drawn(self):
        view = View(self, "map=carbon&lang=en").settle()
        self.assertFalse(view.page.locator("#map-message").is_visible())
        self.assertFalse(view.page.locator("#statuses").is_visible())
        places = self.places(view)
        expected = self.table()
        self.assertEqual({code: item.get("value") for code, item in places.items() if "value" in item},
                         {code: item["value"] for code, item in expected.items()})
        # Hong Kong, Macau and Taiwan have no figure: drawn in the colour of none, and counted beside the list.
        self.assertNotIn("value", places["710000"])
        self.assertIn("3 places without a figure", view.text("#list"))
        colours = {item["color"] for item in places.values()}
        self.assertEqual(len(colours), 7, colours)
        answer = server.get("/v1/carbon/enterprises", bbox=CHINA, limit=1)
        circles = view.drawn("enterprises")
        self.assertEqual(sum(item.get("count", 1) for item in circles), answer["numberMatched"])
        self.assertEqual(sum(item["co2e_t"] for item in circles), answer["co2e_t"])
        self.assertEqual(answer["numberMatched"], round(FACTORIES * 0.03))
        # The list is the map in words, in the same order.
        codes = view.page.locator("#list [data-place]").evaluate_all("list => list.map((item) => item.dataset.place)")
        self.assertEqual(codes, list(expected))
        self.assertIn(f"{answer['numberMatched']} enterprises in this view", view.text("#announce"))
        self.assertIn("Synthetic data", view.text("#list h2 >> nth=0"))
        for source in ("Cui et al.", "Carbon Monitor Cities", "Wikidata"):
            self.assertIn(source, view.text(".maplibregl-ctrl-attrib"))
        view.shot("carbon-en")
        # And back, by keyboard.
        view.page.locator("#tab-carbon").focus()
        view.act(lambda: view.page.keyboard.press("Home"))
        self.assertEqual(view.total(), FACTORIES + 1)

    def test_metric_and_year_act_at_once(self):
        view = View(self, "map=carbon&lang=en").settle()
        before = self.places(view)
        view.act(lambda: view.page.select_option("#metric", "co2_per_head"))
        perhead = self.table(metric="co2_per_head")
        view.eventually(lambda: self.places(view).get("150000", {}).get("value") == perhead["150000"]["value"], "the metric is not drawn")
        view.eventually(lambda: "CO₂ per head" in view.text("#legend") and "t per person" in view.text("#legend"), "the legend is of before")
        view.eventually(lambda: "per head" in view.text("#list h2 >> nth=0"), "the list is of before")
        after = self.places(view)
        self.assertNotEqual(before["440000"]["color"], after["440000"]["color"])
        self.assertEqual(view.hash()["metric"], "co2_per_head")
        # A real year: not marked as synthetic, and other values.
        view.act(lambda: view.page.select_option("#metric", "co2"))
        view.act(lambda: view.page.select_option("#year", "2019"))
        real = self.table(year=2019)
        self.assertFalse(real["370000"]["synthetic"])
        view.eventually(lambda: self.places(view).get("370000", {}).get("value") == real["370000"]["value"], "the year is not drawn")
        view.eventually(lambda: "2019" in view.text("#legend") and "2019" in view.text("#list h2 >> nth=0"), "the year is not said")
        self.assertNotIn("Synthetic data", view.text("#list h2 >> nth=0"))
        self.assertEqual({item["year"] for item in view.drawn("enterprises")}, {2019})
        view.shot("carbon-2019-en")

    def test_scopes_are_summed_as_asked_for(self):
        view = View(self, "map=carbon&lang=en").settle()
        self.assertIn("Scope 1 + 2", view.text("#legend"))
        for scope, said in (("1", "Scope 1"), ("1,2,3", "Scope 1 + 2 + 3"), ("", "Scope 1 + 2")):
            view.act(lambda: view.page.select_option("#scope", scope))
            answer = server.get("/v1/carbon/enterprises", bbox=CHINA, limit=1, scope=scope or "1,2")
            view.eventually(lambda: sum(item["co2e_t"] for item in view.drawn("enterprises")) == answer["co2e_t"], f"{said} is not drawn")
            view.eventually(lambda: f"{said} ·" in view.text("#legend"), f"the legend does not say {said}")
            view.eventually(lambda: f"{said} ·" in view.text("#list h2 >> nth=1"), f"the list does not say {said}")
            self.assertEqual(view.hash().get("scope", ""), scope)
        shared = View(self, "map=carbon&lang=zh&scope=1").settle()
        self.assertEqual(shared.page.input_value("#scope"), "1")
        self.assertIn("范围一 ·", shared.text("#legend"))

    def test_closer_in_prefectures_are_shown_with_their_own_legend(self):
        view = View(self, "map=carbon&lang=zh&at=6.2/31/119").settle()
        places = self.places(view)
        self.assertTrue({"310100", "320500", "330100"} <= set(places))
        self.assertEqual({item["level"] for item in places.values()}, {"prefecture"})
        self.assertIn("地级", view.text("#legend"))
        self.assertIn("万吨", view.text("#legend"))
        view.shot("carbon-prefectures-zh")

    def test_a_place_opens_with_figures_series_and_sources(self):
        view = View(self, "map=carbon&lang=en&year=2020").settle()
        at = view.map("map => { const point = map.project([102.5, 30.2]); return [point.x, point.y]; }")
        view.click_map(*at)
        view.page.locator("#factory h2").wait_for()
        self.assertEqual(view.hash()["place"], "510000")
        place = server.get("/v1/carbon/places/510000")
        shown = next(item for item in place["years"] if item["year"] == 2020)
        self.assertEqual(view.text("#factory h2"), place["name_en"])
        self.assertEqual(view.text("#factory .figure"), f"{shown['value'] / 1e6:.3g} Mt")
        self.assertIn("83,674,866", view.text("#factory"))
        self.assertIn("Cui et al.", view.text("#factory .sources >> nth=0"))
        # What the generator says of the same year stands behind, named as invented.
        self.assertIn("BlueAtlas synthetic figures", view.text("#factory .sources >> nth=1"))
        years = view.page.locator("#factory .series th").all_inner_texts()
        self.assertEqual(years, [str(item["year"]) for item in place["years"] if "value" in item])
        view.shot("carbon-place-en")
        # The metric changes in the open panel too.
        view.page.select_option("#metric", "coal_share")
        view.eventually(lambda: view.text("#factory .figure").endswith("%"), "the panel keeps the metric of before")
        view.page.keyboard.press("Escape")
        view.page.locator("#list [data-place]").first.wait_for()
        self.assertNotIn("place", view.hash())

    def test_an_enterprise_opens_with_its_scopes(self):
        view = View(self, "map=carbon&lang=en").settle()
        first = view.page.locator("#list .entry[data-id]").first
        chosen = first.get_attribute("data-id")
        first.click()
        view.page.locator("#emissions table").wait_for()
        emissions = server.get(f"/v1/factories/{chosen}")["properties"]["emissions"]
        rows = view.page.locator("#emissions tbody tr").evaluate_all("list => list.map((row) => [...row.children].map((cell) => cell.textContent))")
        expected = [
            [str(item["year"]), f"{item['scope1_t']:,}", f"{item['scope2_t']:,}", f"{item['scope3_t']:,}" if "scope3_t" in item else "–",
             "verified" if item["verified"] else "not verified"]
            for item in sorted(emissions, key=lambda item: -item["year"])]
        self.assertEqual(rows, expected)
        self.assertIn(emissions[0]["method"], view.text("#emissions"))
        self.assertIn("Synthetic data", view.text("#emissions"))
        view.shot("carbon-enterprise-en")

    def test_a_shared_address_shows_the_same_place_metric_and_year(self):
        address = "map=carbon&lang=zh&metric=co2_per_gdp&year=2022&place=440000&at=5.5/23/113"
        view = View(self, address).settle()
        view.page.locator("#factory h2").wait_for()
        for _ in range(2):
            self.assertEqual(view.text("#factory h2"), "广东省")
            self.assertIn("吨/万元", view.text("#factory .figure"))
            self.assertEqual(view.page.input_value("#metric"), "co2_per_gdp")
            self.assertEqual(view.page.input_value("#year"), "2022")
            hash_before = view.hash()
            view.page.reload()
            view.settle()
            view.page.locator("#factory h2").wait_for()
            self.assertEqual(view.hash(), hash_before)
        view.page.click("#language")
        view.eventually(lambda: view.text("#factory h2") == "Guangdong", "the panel keeps its language")
        unknown = View(self, "map=carbon&lang=en&place=659999")
        unknown.page.locator("#factory >> text=No place has the code").wait_for()


class FactoryTests(unittest.TestCase):
    def test_the_panel_says_status_why_and_records_with_sources(self):
        violating = server.get("/v1/factories", bbox=CHINA, limit=50, status="violating")["features"]
        chosen = max(violating, key=lambda item: item["properties"]["records"])["properties"]["id"]
        values = server.get(f"/v1/factories/{chosen}")["properties"]
        self.assertGreater(len(values["records"]), 1)
        view = View(self, f"lang=en&factory={chosen}").settle()
        view.page.locator("#factory h2").wait_for()
        self.assertEqual(view.page.text_content("#factory .why"), values["reason"]["en"])
        self.assertIn("Violating", view.text("#factory .badge"))
        days = view.page.locator("#factory .records time").all_inner_texts()
        self.assertEqual(days, sorted((record["published"] for record in values["records"]), reverse=True))
        links = view.page.locator("#factory .records a").evaluate_all("list => list.map((link) => link.href)")
        self.assertEqual(sorted(links), sorted(record["source_url"] for record in values["records"] if record.get("source_url")))
        self.assertEqual(view.page.locator("#factory .tag.decides").count(), 1)
        view.eventually(lambda: "Ecology and environment bureau" in view.text("#factory dl >> nth=0"), "no agency is named")
        self.assertIn("12369", view.text("#factory dl >> nth=0"))
        for brand in values["brands"]:
            self.assertIn(brand["name_en"], view.text("#factory"))
        view.shot("factory-en")
        # It is ringed on the map, and the way back leads to the list.
        view.act(lambda: view.page.click("#factory >> text=Show on the map"))
        ring = "map => map.queryRenderedFeatures({ layers: ['page-selected'] }).length"
        view.eventually(lambda: view.map(ring) >= 1 and view.map("map => map.getZoom()") > 14.9, "the factory is not ringed")
        view.page.keyboard.press("Escape")
        view.page.locator("#list ol").wait_for()
        self.assertNotIn("factory", view.hash())

    def test_an_unknown_factory_is_said_to_be_unknown(self):
        view = View(self, "lang=en&factory=nobody")
        view.page.locator("#factory >> text=No factory has the id").wait_for()

    def test_markup_in_a_name_is_shown_as_text(self):
        for lang, name in (("zh", HOSTILE["name_zh"]), ("en", HOSTILE["name_en"])):
            view = View(self, f"lang={lang}&at=12/38.2/100.5").settle()
            view.page.locator("#list .entry").first.wait_for()
            self.assertEqual(view.page.locator("#list .entry .name").first.inner_text(), name)
            view.page.locator("#query").press_sequentially("敌意")
            view.page.locator("#suggestions [role=option]").first.wait_for()
            self.assertIn(name, view.text("#suggestions [role=option] >> nth=0"))
            view.page.keyboard.press("Enter")
            view.page.locator("#factory h2").wait_for()
            self.assertEqual(view.text("#factory h2"), name)
            self.assertIn(HOSTILE["address"], view.text("#factory"))
            view.settle(-1)
            point = view.drawn("factories")[0]
            box = view.page.locator("#map").bounding_box()
            view.page.mouse.move(box["x"] + point["x"], box["y"] + point["y"])
            view.page.locator(".tip").wait_for()
            self.assertIn(name, view.text(".tip"))
            self.assertIsNone(view.page.evaluate("() => window.hacked ?? null"))
            # Nothing of the data became an element; a link that is a script is no link.
            self.assertEqual(view.page.locator("#panel img, #panel script, #panel svg, #panel iframe, #panel b, .tip img").count(), 0)
            self.assertIsNone(view.page.get_attribute("#factory .records a", "onclick"))
            self.assertIn("<iframe", view.text("#factory .records"))
            link = "async (address) => (await import('/assets/dom.js')).outsideLink(address, 'x').tagName"
            self.assertEqual(view.page.evaluate(link, "javascript:alert(1)"), "SPAN")
            self.assertEqual(view.page.evaluate(link, "https://example.org"), "A")
            if lang == "zh":
                view.shot("hostile-name")


class NearTests(unittest.TestCase):
    def expected(self, radius):
        return server.get("/v1/factories/near", lon=SQUARE["longitude"], lat=SQUARE["latitude"], radius=radius, limit=50)

    def test_near_me_lists_by_distance_within_the_circle(self):
        view = View(self, "lang=en", geolocation=SQUARE, permissions=["geolocation"]).settle()
        view.page.select_option("#radius", "20000")
        view.act(lambda: view.page.click("#near-me"))
        answer = self.expected(20_000)
        self.assertGreater(answer["numberMatched"], 5)
        view.eventually(lambda: "Within 20 km" in view.text("#list h2"), "no nearby list")
        self.assertEqual(view.entries(), [item["properties"]["id"] for item in answer["features"]])
        self.assertIn(f"{answer['numberMatched']:,} factories within 20 km", view.text("#announce"))
        self.assertTrue(view.map("map => map.queryRenderedFeatures({ layers: ['page-near-area'] }).length > 0"))
        self.assertEqual(view.hash()["near"], "121.473700,31.230400,20000")
        view.shot("near-en")
        view.act(lambda: view.page.select_option("#radius", "2000"))
        view.eventually(lambda: view.entries() == [item["properties"]["id"] for item in self.expected(2_000)["features"]], "the radius")
        # A filter holds for the list as well.
        view.act(lambda: view.page.select_option("#radius", "50000"))
        view.page.click("[data-status=violating]")
        wanted = server.get("/v1/factories/near", lon=121.4737, lat=31.2304, radius=50_000, limit=50, status="violating")
        view.eventually(lambda: view.entries() == [item["properties"]["id"] for item in wanted["features"]], "the filter")

    def test_a_refused_position_asks_for_a_click(self):
        view = View(self, "lang=en").settle()
        view.page.click("#near-me")
        view.eventually(lambda: "Click a point" in view.text("#announce"), "nothing is said")
        view.act(lambda: view.click_map(600, 450))
        view.eventually(lambda: "near" in view.hash() and "Within 5 km" in view.text("#list h2"), "the click is not taken")

    def test_nothing_near_is_said(self):
        view = View(self, "lang=en&near=90,35,500")
        view.eventually(lambda: "No factory within 500 m" in view.text("#announce"), "nothing is said")


class SearchTests(unittest.TestCase):
    def test_results_come_as_one_types_and_keys_choose(self):
        view = View(self, "lang=zh").settle()
        view.page.locator("#query").press_sequentially("广东", delay=30)
        view.page.locator("#suggestions [role=option]").first.wait_for()
        self.assertEqual(view.text("#suggestions .group >> nth=0"), "地点")
        self.assertEqual(view.text("#suggestions mark >> nth=0"), "广东")
        view.page.keyboard.press("ArrowDown")
        active = view.page.get_attribute("#query", "aria-activedescendant")
        self.assertEqual(view.page.get_attribute(f"#{active}", "aria-selected"), "true")
        view.shot("search-zh")
        view.act(lambda: view.page.keyboard.press("Enter"))
        centre = view.map("map => map.getCenter()")
        self.assertTrue(109 < centre["lng"] < 117.5 and 20 < centre["lat"] < 25.6, centre)
        self.assertFalse(view.page.locator("#suggestions").is_visible())

    def test_a_credit_code_opens_its_factory(self):
        values = next(
            item for item in (server.get(f"/v1/factories/BA000000{n}")["properties"] for n in range(1, 9)) if item.get("credit_code"))
        view = View(self, "lang=en").settle()
        view.page.locator("#query").press_sequentially(values["credit_code"])
        view.page.locator("#suggestions [role=option]").first.wait_for()
        view.page.keyboard.press("Enter")
        view.page.locator("#factory h2").wait_for()
        self.assertIn(values["credit_code"], view.text("#factory"))

    def test_nothing_found_is_said(self):
        view = View(self, "lang=en").settle()
        view.page.locator("#query").press_sequentially('"*不存在')
        view.page.locator("#suggestions >> text=Nothing found").wait_for()
        view.page.keyboard.press("Escape")
        self.assertFalse(view.page.locator("#suggestions").is_visible())


class AddressTests(unittest.TestCase):
    def test_a_shared_address_shows_the_same(self):
        first = View(self, "lang=en&at=9/31.2/121.4").settle()
        first.act(lambda: first.page.click("[data-status=violating]"))
        first.page.locator("#list .entry").first.click()
        first.page.locator("#factory h2").wait_for()
        first.settle(-1)
        state = urllib.parse.urlsplit(first.page.url).fragment
        second = View(self, state).settle()
        second.page.locator("#factory h2").wait_for()
        self.assertEqual(second.text("#factory h2"), first.text("#factory h2"))
        self.assertEqual(second.page.get_attribute("[data-status=violating]", "aria-pressed"), "true")
        self.assertEqual(second.hash(), first.hash())
        self.assertEqual(second.total(), first.total())
        for name in ("lng", "lat"):
            self.assertAlmostEqual(second.map("map => map.getCenter()")[name], first.map("map => map.getCenter()")[name], places=4)
        # A reload too, and the way back.
        first.page.reload()
        first.settle()
        first.page.locator("#factory h2").wait_for()
        first.page.go_back()
        first.page.locator("#list .entry").first.wait_for()

    def test_the_language_is_switched_and_kept(self):
        view = View(self, "lang=zh&map=supply-chain").settle()
        self.assertEqual(view.page.get_attribute("html", "lang"), "zh-CN")
        self.assertEqual(view.text("#tab-blue"), "蔚蓝地图")
        view.page.click("#language")
        self.assertEqual(view.page.get_attribute("html", "lang"), "en")
        self.assertEqual(view.text("#tab-blue"), "Blue Map")
        self.assertEqual(view.text("[data-status=violating]"), "Violating")
        self.assertEqual(view.hash()["lang"], "en")
        view.page.reload()
        view.settle()
        self.assertEqual(view.text("#tab-blue"), "Blue Map")
        # Nothing is left without a word in either language.
        for _ in range(2):
            empty = view.page.locator("[data-text]").evaluate_all(
                "list => list.filter((item) => !item.textContent || item.textContent === item.dataset.text).map((item) => item.dataset.text)")
            self.assertEqual(empty, [])
            view.page.click("#language")


class PersonTests(unittest.TestCase):
    def test_all_is_reached_by_keyboard(self):
        view = View(self, "lang=en").settle()
        view.page.keyboard.press("Tab")
        self.assertEqual(view.page.evaluate("() => document.activeElement.className"), "skip")
        view.page.keyboard.press("Enter")
        view.page.keyboard.press("Tab")
        self.assertIn("entry", view.page.evaluate("() => document.activeElement.className"))
        chosen = view.page.evaluate("() => document.activeElement.dataset.id")
        view.page.keyboard.press("Enter")
        view.page.locator("#factory h2").wait_for()
        self.assertEqual(view.hash()["factory"], chosen)
        view.page.keyboard.press("Tab")
        self.assertIn("Back", view.page.evaluate("() => document.activeElement.textContent"))
        view.page.keyboard.press("Enter")
        self.assertEqual(view.page.evaluate("() => document.activeElement.dataset.id"), chosen)
        # Every control has a name, and only the chosen tab is in the order of Tab.
        nameless = view.page.locator("button:visible, input:visible, select:visible").evaluate_all(
            "list => list.filter((item) => !(item.textContent.trim() || item.getAttribute('aria-label') || item.labels?.length)).map((item) => item.outerHTML)")
        self.assertEqual(nameless, [])
        self.assertEqual(view.page.locator("[role=tab][tabindex='0']").count(), 1)

    def test_a_phone_has_room_for_all(self):
        view = View(self, "lang=zh&at=9/31.2/121.4", viewport=PHONE, has_touch=True, is_mobile=True, device_scale_factor=2).settle()
        self.assertLessEqual(view.page.evaluate("() => document.documentElement.scrollWidth"), PHONE["width"])
        self.assertGreater(view.page.locator("#map").bounding_box()["height"], 400)
        view.shot("phone-zh")
        view.page.locator("#list .entry").first.click()
        view.page.locator("#factory h2").wait_for()
        box = lambda: view.page.locator("#factory h2").bounding_box()["y"]  # noqa: E731
        view.eventually(lambda: 0 <= box() < PHONE["height"] / 3, "the factory opens out of sight")
        view.shot("phone-factory-zh")
        self.assertLessEqual(view.page.evaluate("() => document.documentElement.scrollWidth"), PHONE["width"])

    def test_a_phone_has_room_for_the_carbon_map(self):
        view = View(self, "map=carbon&lang=en", viewport=PHONE, has_touch=True, is_mobile=True, device_scale_factor=2).settle()
        wide = lambda: view.page.evaluate("() => document.documentElement.scrollWidth")  # noqa: E731
        self.assertLessEqual(wide(), PHONE["width"])
        box = view.page.locator("#map").bounding_box()
        self.assertGreater(box["height"], 350)
        legend = view.page.locator("#legend").bounding_box()
        self.assertTrue(legend["y"] >= box["y"] + box["height"] and legend["width"] == PHONE["width"], "no legend below the map")
        for control in ("#metric", "#year", "#scope"):
            box = view.page.locator(control).bounding_box()
            self.assertTrue(box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"] and box["height"] >= 24, control)
        # Who made the data is said, and after a while leaves the map its room.
        self.assertIn("Cui et al.", view.text(".maplibregl-ctrl-attrib"))
        view.shot("phone-carbon-en")
        folded = lambda: view.page.locator(".maplibregl-ctrl-attrib").bounding_box()["height"] < 40  # noqa: E731
        view.eventually(folded, "the attribution stays over the map")
        view.page.locator(".maplibregl-ctrl-attrib-button").click()
        self.assertFalse(folded())
        view.page.locator("#list [data-place]").first.click()
        view.page.locator("#factory .figure").wait_for()
        box = lambda: view.page.locator("#factory h2").bounding_box()["y"]  # noqa: E731
        view.eventually(lambda: 0 <= box() < PHONE["height"] / 3, "the place opens out of sight")
        view.shot("phone-carbon-place-en")
        self.assertLessEqual(wide(), PHONE["width"])


class LabelTests(unittest.TestCase):
    def texts(self, view, layer):
        return view.map(f"map => map.queryRenderedFeatures({{ layers: ['{layer}'] }}).map((item) => item.properties)")

    def test_places_are_named_in_the_language_of_the_page(self):
        view = View(self, "lang=zh").settle()
        names = {item["name"]: item for item in self.texts(view, "place-province")}
        for name in ("青海省", "云南省", "黑龙江省"):
            self.assertIn(name, names)
        self.assertEqual(len(self.texts(view, "place-county")), 0)
        language = lambda: view.map("map => JSON.stringify(map.getLayoutProperty('place-province', 'text-field'))")  # noqa: E731
        self.assertIn('["get","name"],["get","name_en"]', language())
        view.act(lambda: view.page.click("#language"))
        self.assertIn('["get","name_en"],["get","name"]', language())
        self.assertIn("Qinghai", [item["name_en"] for item in self.texts(view, "place-province")])
        view.shot("labels-en")
        near = View(self, "lang=zh&at=9/31.2/119.5").settle()
        self.assertGreater(len(self.texts(near, "place-county")), 5)
        self.assertGreater(len(self.texts(near, "place-prefecture")), 0)
        near.shot("labels-counties")

    def test_clusters_have_their_number_and_factories_their_name_close_in(self):
        view = View(self, "lang=en&at=2/32/116").settle()
        counts = self.texts(view, "cluster-count")
        self.assertTrue(counts)
        self.assertTrue(all(item["count"] >= 100 for item in counts))
        chosen = server.get("/v1/factories/nearest", lon=121.4737, lat=31.2304, k=1)["features"][0]
        longitude, latitude = chosen["geometry"]["coordinates"]
        near = View(self, f"lang=zh&at=16/{latitude}/{longitude}").settle()
        self.assertIn(chosen["properties"]["id"], [item["id"] for item in self.texts(near, "factory-name")])
        # Its sign has the shape of its status.
        signs = near.map(
            "map => map.queryRenderedFeatures({ layers: ['factory-sign'] })"
            ".map((item) => [item.properties.id, item.layer.layout['icon-image'].name ?? String(item.layer.layout['icon-image'])])")
        self.assertIn([chosen["properties"]["id"], f"status-{chosen['properties']['status']}"], signs)
        near.shot("names")


class BrandTests(unittest.TestCase):
    def brand(self):
        return server.get("/v1/brands", limit=1)["brands"][0]

    def test_logos_stand_in_the_rings_of_suppliers(self):
        brand = self.brand()
        worst = server.get(f"/v1/brands/{brand['id']}", limit=1)["factories"][0]
        view = View(self, f"lang=en&map=supply-chain&brand={brand['id']}&at=14.5/{worst['lat']}/{worst['lon']}").settle()
        self.assertTrue(view.map("map => map.hasImage('brand:%s')" % brand["id"]))
        logos = view.map(
            "map => map.queryRenderedFeatures({ layers: ['brand-logo-0'] })"
            ".map((item) => [item.properties.id, item.properties.brand_0, item.layer.layout['icon-image'].name ?? String(item.layer.layout['icon-image'])])")
        self.assertIn([worst["id"], brand["id"], f"brand:{brand['id']}"], logos)
        rings = view.map("map => map.queryRenderedFeatures({ layers: ['factories'] }).map((item) => item.properties.id)")
        self.assertIn(worst["id"], rings)
        view.shot("logos")

    def test_a_supplier_of_many_brands_says_how_many_more(self):
        page = server.get("/v1/factories", bbox=CHINA, brand="*", limit=1000)["features"]
        most = max(page, key=lambda item: len(item["properties"]["brands"]))
        brands = most["properties"]["brands"]
        self.assertGreater(len(brands), 4)
        longitude, latitude = most["geometry"]["coordinates"]
        view = View(self, f"lang=zh&map=supply-chain&at=16/{latitude}/{longitude}").settle()
        for number in range(4):
            shown = view.map("map => map.queryRenderedFeatures({ layers: ['brand-logo-%d'] }).map((item) => item.properties)" % number)
            self.assertIn(brands[number], [item[f"brand_{number}"] for item in shown if item["id"] == most["properties"]["id"]])
        more = view.map("map => map.queryRenderedFeatures({ layers: ['brand-more'] }).map((item) => item.properties)")
        self.assertEqual([item["more"] for item in more if item["id"] == most["properties"]["id"]], [len(brands) - 4])
        view.shot("brands-of-one-supplier")

    def test_a_brands_page_opens_from_search_and_from_a_supplier(self):
        brand = self.brand()
        view = View(self, "lang=zh").settle()
        view.page.locator("#query").press_sequentially(brand["name_zh"])
        option = view.page.locator("#suggestions [role=option]", has_text=brand["name_zh"]).first
        option.wait_for()
        view.act(option.click)
        view.page.locator("#brand h2").wait_for()
        self.assertEqual(view.text("#brand h2"), brand["name_zh"])
        self.assertIn(f"{brand['suppliers']:,}", view.text("#brand .total"))
        self.assertEqual(view.hash()["about"], brand["id"])
        self.assertEqual(view.hash()["map"], "supply-chain")
        self.assertEqual(view.total(), brand["suppliers"])
        for status, number in brand["statuses"].items():
            if number:
                self.assertIn(f"{number:,}", view.page.locator(f"#brand .counts li:has(.{status})").inner_text())
        view.eventually(lambda: view.page.evaluate("() => document.querySelector('#brand img').naturalWidth") == 128, "no logo is drawn")
        worst = server.get(f"/v1/brands/{brand['id']}", limit=50)["factories"]
        self.assertEqual(
            view.page.locator("#brand .entry").evaluate_all("list => list.map((item) => item.dataset.id)"), [item["id"] for item in worst])
        view.shot("brand-zh")
        # To a supplier, from there to another of its brands, and back to the list.
        view.page.locator("#brand .entry").first.click()
        view.page.locator("#factory h2").wait_for()
        view.act(lambda: view.page.locator("#factory .brands button").last.click())
        view.page.locator("#brand h2").wait_for()
        view.eventually(lambda: view.text("#brand h2") == view.page.text_content("#brands span"), "the filter is not the brand's")
        view.page.keyboard.press("Escape")
        view.page.locator("#list ol").wait_for()
        self.assertNotIn("about", view.hash())
        other = View(self, "lang=en&map=supply-chain&about=nobody")
        other.page.locator("#brand >> text=No brand with the id").wait_for()

    def test_an_uploaded_logo_is_shown_and_a_hostile_one_refused(self):
        brand = self.brand()["id"]
        picture = WORK / "logo.svg"
        picture.write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 30"><rect width="60" height="30" fill="#0a7d3c"/></svg>')
        server.run("brands", "logo", "--store", WORK / "registry.db", "--brand", brand, picture)
        view = View(self, f"lang=en&map=supply-chain&about={brand}").settle()
        size = "() => { const image = document.querySelector('#brand img'); return [image.naturalWidth, image.naturalHeight]; }"
        view.eventually(lambda: view.page.evaluate(size) == [256, 128], "the logo is not shown")
        picture.write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><script>window.hacked = 1</script></svg>')
        with self.assertRaisesRegex(RuntimeError, "<script>"):
            server.run("brands", "logo", "--store", WORK / "registry.db", "--brand", brand, picture)
        view.page.reload()
        view.eventually(lambda: view.page.evaluate("() => document.querySelector('#brand img')?.naturalWidth") == 256, "the logo is gone")
        server.run("brands", "remove-logo", "--store", WORK / "registry.db", "--brand", brand)


PLAIN = """<!doctype html><link rel="stylesheet" href="/assets/maplibre-gl-5.3.0.css">
<div id="map" style="position:absolute;inset:0"></div><script src="/assets/maplibre-gl-5.3.0.js"></script>"""


class PlainClientTests(unittest.TestCase):
    """A MapLibre client that knows nothing but the address of a style."""

    def open(self, style, **options):
        context = browser.new_context(viewport={"width": 900, "height": 700})
        self.addCleanup(context.close)
        self.requests = []
        page = context.new_page()

        def guard(route):
            self.requests.append(route.request.url)
            if route.request.url == f"{server.address}/plain":
                route.fulfill(body=PLAIN, content_type="text/html")
            elif route.request.url.startswith((server.address, "data:", "blob:")):
                route.continue_()
            else:
                route.abort()

        context.route("**/*", guard)
        self.errors = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.goto(f"{server.address}/plain")
        page.evaluate(
            """([style, options]) => new Promise((done) => {
              window.map = new maplibregl.Map({ container: "map", style, fadeDuration: 0, ...options });
              window.problems = [];
              map.on("error", (event) => problems.push(event.error.message));
              map.once("idle", done);
            })""", [f"{server.address}{style}", options])
        page.wait_for_timeout(300)
        self.assertEqual(page.evaluate("() => problems"), [])
        self.assertEqual(self.errors, [])
        strays = [url for url in self.requests if not url.startswith((server.address, "data:", "blob:"))]
        self.assertEqual(strays, [], "something was asked of elsewhere")
        return page

    def drawn(self, page, layer):
        return page.evaluate("layer => map.queryRenderedFeatures({ layers: [layer] }).length", layer)

    def test_a_style_brings_map_labels_and_signs(self):
        chosen = server.get("/v1/factories/nearest", lon=121.4737, lat=31.2304, k=1)["features"][0]["geometry"]["coordinates"]
        page = self.open("/styles/blue.json?lang=en", center=chosen, zoom=14.5)
        self.assertGreater(self.drawn(page, "land"), 0)
        self.assertGreater(self.drawn(page, "factory-sign"), 0)
        self.assertGreater(self.drawn(page, "factory-name"), 0)
        self.assertTrue(any("/sprites/blue" in url and ".png" in url for url in self.requests))
        page.screenshot(path=SCREENSHOTS / "plain-blue.png")

    def test_chinese_letters_come_from_the_server_where_the_client_wants_them(self):
        page = self.open("/styles/base.json?lang=zh", center=[99, 36], zoom=3.2, localIdeographFontFamily=False)
        names = page.evaluate("() => map.queryRenderedFeatures({ layers: ['place-province'] }).map((item) => item.properties.name)")
        self.assertIn("青海省", names)
        fonts = [urllib.parse.unquote(url) for url in self.requests if "/fonts/" in url]
        # 青 is U+9752.
        self.assertTrue(any("BlueAtlas Bold/38656-38911.pbf" in url for url in fonts), fonts)
        page.screenshot(path=SCREENSHOTS / "plain-base.png")

    def test_a_style_of_the_supply_chain_brings_logos(self):
        brand = server.get("/v1/brands", limit=1)["brands"][0]["id"]
        worst = server.get(f"/v1/brands/{brand}", limit=1)["factories"][0]
        page = self.open("/styles/supply-chain.json", center=[worst["lon"], worst["lat"]], zoom=13)
        self.assertGreater(self.drawn(page, "brand-logo-0"), 0)
        self.assertGreater(self.drawn(page, "factories"), 0)
        legend = page.evaluate("() => map.getStyle().metadata['blueatlas:legend']")
        self.assertEqual(legend[0], {"class": "violating", "color": "#a50f15", "shape": "octagon", "label_zh": "违规中", "label_en": "Violating"})


class CorrectionTests(unittest.TestCase):
    """A record's history, on a live server over the same data."""

    MARKUP = "<img src=x onerror=window.hacked=5>A valve leaked"

    @classmethod
    def setUpClass(cls):
        cls.live = Server(server.program, live=True)
        cls.addClassCleanup(cls.live.stop)
        key = cls.live.key("hostile-works", "factory", "--factory", HOSTILE["id"], "--name", "<b>Works</b>")
        document = cls.live.post("/v1/documents?name=valve.txt", key, b"replaced on Monday", "text/plain")
        steps = f"/v1/records/{HOSTILE_RECORD['id']}/steps"
        cls.live.post(steps, key, json.dumps(
            {"step": "explain", "cause": cls.MARKUP, "plan": "A new one", "documents": [document["sha256"]]}).encode())

    def test_a_record_shows_how_it_was_answered(self):
        view = View(self, f"lang=en&factory={HOSTILE['id']}", at=self.live)
        view.page.locator("#factory h2").wait_for()
        view.page.click("#factory .history summary")
        view.page.locator("#factory .history li").first.wait_for()
        text = view.text("#factory .history")
        for words in ("Corrective action (1 step)", "Explanation", "Factory · <b>Works</b>", HOSTILE["id"], self.MARKUP, "A new one", "Waiting for"):
            self.assertIn(words, text)
        with view.page.expect_download() as download:
            view.page.click("#factory .history a")
        self.assertEqual(download.value.suggested_filename, "valve.txt")
        self.assertEqual(Path(download.value.path()).read_bytes(), b"replaced on Monday")
        self.assertIsNone(view.page.evaluate("() => window.hacked ?? null"))
        view.shot("correction-en")


class LiveTests(unittest.TestCase):
    """A map that is open while the data change."""

    @classmethod
    def setUpClass(cls):
        cls.live = Server(server.program, live=True)
        cls.addClassCleanup(cls.live.stop)
        cls.key = cls.live.key("page-bureau", "feed")

    def post(self, factory, number):
        record = {"id": f"LIVE-{factory}-{number}", "factory_id": factory, "kind": "penalty", "category": "water", "published": "2026-11-20",
                  "fine_cny": 2_000_000}
        return self.live.post("/v1/records", self.key, json.dumps(record).encode())

    def test_a_dot_turns_red_on_the_open_map(self):
        clean = self.live.get("/v1/factories", bbox=CHINA, status="clean", limit=1)["features"][0]
        factory, (longitude, latitude) = clean["properties"]["id"], clean["geometry"]["coordinates"]
        view = View(self, f"lang=en&at=15/{latitude}/{longitude}", at=self.live).settle()
        status = lambda: next((item["status"] for item in view.drawn("factories") if item["id"] == factory), None)
        self.eventually_listening(view)
        self.assertEqual(status(), "clean")
        view.shot("live-before-en")
        start = time.monotonic()
        self.post(factory, 1)
        view.eventually(lambda: status() == "violating", "the dot stays as it was")
        took = time.monotonic() - start
        print(f"\nposted to drawn: {took * 1000:.0f} ms, a debug build", file=sys.stderr)
        self.assertLess(took, 5)
        # Also what the list says, and nobody has reloaded the page.
        view.eventually(lambda: "violating" in view.text(f'.entry[data-id="{factory}"]').lower(), "the list stays as it was")
        self.assertEqual(view.page.evaluate("() => performance.getEntriesByType('navigation').length"), 1)
        view.shot("live-after-en")

    def test_an_open_panel_follows_its_factory_while_others_change_without_a_pause(self):
        found = self.live.get("/v1/factories", bbox=CHINA, status="unknown", limit=2)["features"]
        factory, other = (item["properties"]["id"] for item in found)
        view = View(self, f"lang=en&factory={factory}", at=self.live)
        view.page.locator("#factory h2").wait_for()
        view.settle()
        self.eventually_listening(view)
        self.assertNotIn("Violating", view.text("#factory"))
        # One change in 50 ms: less than changes are gathered for.
        stops = threading.Event()

        def go_on():
            number = 0
            while not stops.wait(0.05):
                number += 1
                self.post(other, number)

        thread = threading.Thread(target=go_on)
        thread.start()
        try:
            self.post(factory, 1)
            view.eventually(lambda: "Violating" in view.text("#factory"), "the panel stays as it was")
        finally:
            stops.set()
            thread.join()

    def test_a_ring_shows_who_exceeds_a_limit_as_soon_as_it_does(self):
        found = self.live.get("/v1/factories/nearest", lon=SQUARE["longitude"], lat=SQUARE["latitude"], k=1)["features"][0]
        factory, (longitude, latitude) = found["properties"]["id"], found["geometry"]["coordinates"]
        self.live.post("/v1/outlets", self.key, json.dumps({
            "id": "PAGE-W", "factory": factory, "kind": "water",
            "items": [{"pollutant": "COD", "unit": "mg/L", "limits": [{"upper": 50, "from": "2020-01-01"}]}]}).encode())
        view = View(self, f"lang=en&exceeding=1&at=15/{latitude}/{longitude}", at=self.live).settle()
        self.eventually_listening(view)
        ringed = lambda: [item["id"] for item in view.drawn("monitoring")]
        self.assertEqual(ringed(), [])
        hour = time.strftime("%Y-%m-%dT%H:00+08:00", time.gmtime(time.time() + 8 * 3600))
        self.live.post("/v1/readings", self.key, json.dumps({"outlet": "PAGE-W", "pollutant": "COD", "hour": hour, "value": 80}).encode())
        view.eventually(lambda: ringed() == [factory], "no ring is drawn")
        view.shot("exceeding-en")
        # Whoever wants the map without them takes the tick away.
        view.act(lambda: view.page.uncheck("#exceeding"))
        self.assertEqual(ringed(), [])

    def eventually_listening(self, view):
        view.eventually(
            lambda: view.page.evaluate("() => performance.getEntriesByType('resource').some((item) => item.name.endsWith('/v1/live/head'))"),
            "the page does not follow changes")
        # The stream itself is no finished resource: its beginning shows nowhere.
        view.page.wait_for_timeout(500)


class CostTests(unittest.TestCase):
    def test_the_first_view_and_a_filter_are_quick(self):
        view = View(self, "lang=en").settle()
        view.act(lambda: view.page.click("[data-status=violating]"))
        times = view.page.evaluate(
            "() => Object.fromEntries(performance.getEntriesByType('measure').map((item) => [item.name, Math.round(item.duration)]))")
        print(f"\nfirst view {times['first view']} ms, filter {times['filter']} ms, {FACTORIES} factories, a debug build", file=sys.stderr)
        # Far above what is usual, for slow machines: catches a page that waits for something.
        self.assertLess(times["first view"], 8_000)
        self.assertLess(times["filter"], 3_000)

    def test_the_page_is_small(self):
        view = View(self, "lang=en").settle()
        sizes = view.page.evaluate(
            "() => performance.getEntriesByType('resource').filter((item) => item.name.includes('/assets/') && !item.name.includes('maplibre'))"
            ".map((item) => item.encodedBodySize)")
        self.assertGreater(len(sizes), 8)
        self.assertLess(sum(sizes), 60_000)


class ClientTests(unittest.TestCase):
    def test_gdal_reads_every_factory_by_tilejson(self):
        counted = 0
        for layer in ("clusters", "factories"):
            output = WORK / f"gdal-{layer}.csv"
            output.unlink(missing_ok=True)
            subprocess.run(
                ["ogr2ogr", "-f", "CSV", output, "-oo", "TILE_EXTENSION=mvt", "-oo", f"METADATA_FILE={server.address}/tiles/blue.json",
                 f"MVT:{server.address}/tiles/blue/5", layer], check=True, capture_output=True)
            with open(output, encoding="utf-8", newline="") as file:
                rows = list(csv.DictReader(file))
            self.assertTrue(rows)
            counted += sum(int(row["count"]) for row in rows) if layer == "clusters" else len(rows)
        self.assertEqual(counted, FACTORIES + 1)


def run_in_parts(count: int) -> bool:
    """All tests, in so many processes, each with a browser, a server and a copy of the data; true when all passed."""
    forget_screenshots()
    programs = binaries()
    make_data(programs / "blueatlas")
    # The class with the most tests goes to the part that has the fewest so far.
    parts = [[] for _ in range(count)]
    sizes = [0] * count
    tests = [(len(unittest.TestLoader().getTestCaseNames(kind)), name) for name, kind in globals().items()
             if isinstance(kind, type) and issubclass(kind, unittest.TestCase)]
    for size, name in sorted(tests, reverse=True):
        part = sizes.index(min(sizes))
        parts[part].append(name)
        sizes[part] += size
    running = []
    passed = True
    try:
        for number, names in enumerate(parts, 1):
            folder = WORK / f"part-{number}"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            for path in [WORK / "atlas.snapshot", *WORK.glob("registry.db*")]:
                shutil.copy(path, folder)
            log = folder / "log"
            environment = {**os.environ, "PAGE_TESTS_PART": folder.name, "PAGE_TESTS_PROGRAMS": str(programs)}
            with open(log, "wb") as output:
                process = subprocess.Popen([sys.executable, __file__, *sorted(names)], env=environment, stdout=output, stderr=output)
            running.append((process, log))
            print(f"{', '.join(sorted(names))}: {log.relative_to(ROOT)}", file=sys.stderr, flush=True)
        for process, log in running:
            passed = process.wait() == 0 and passed
            print(log.read_text(encoding="utf-8", errors="replace"), file=sys.stderr, flush=True)
    finally:
        for process, _ in running:
            process.terminate()
    return passed


if __name__ == "__main__":
    # Servers and browsers are ended, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if len(sys.argv) == 1 and not PART:
        sys.exit(0 if run_in_parts(2) else 1)
    unittest.main(verbosity=2)
