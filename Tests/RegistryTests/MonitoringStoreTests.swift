// MonitoringStoreTests.swift: readings in the store: what is taken, what is refused and why, what stands, what exceeds now, and that packing and
// dropping hours changes no answer. A plain dictionary in memory is the second opinion.

import Foundation
import GRDB
import Monitoring
import Testing

@testable import Registry

/// A registry with two factories, their outlets and a clock that the test sets.
private final class Monitored {
    let fixture: StoreFixture
    var store: RegistryStore { fixture.store }
    /// What hour it is.
    var now: Hour

    init(now: String = "2026-11-20T10:00+08:00", synthetic: Bool = false) throws {
        fixture = try StoreFixture()
        self.now = try Hour(now)
        try fixture.store.apply(factories: [factory("A"), factory("B", "乙厂", at: (120, 30)), factory("C", "丙厂")])
        try write { context in
            for id in ["A", "B"] {
                try context.write(outlet: Monitored.water(id))
                try context.write(
                    outlet: OutletDraft(
                        line: 1, id: "\(id)-air", factoryID: id, kind: .air,
                        items: [.init(pollutant: .so2, unit: .milligramPerCubicMetre, limits: [Monitored.limit(upper: 35)])]))
            }
        }
    }

    static func limit(lower: Quantity? = nil, upper: Quantity?, from: String = "2020-01-01", until: String? = nil) -> LimitDraft {
        LimitDraft(
            PermitLimit(lower: lower, upper: upper), from: Day(iso: from) ?? Day(daysSince1970: 0), until: until.flatMap { Day(iso: $0) })
    }

    static func water(_ factory: String, cod: [LimitDraft] = [limit(upper: 50)]) -> OutletDraft {
        OutletDraft(
            line: 1, id: "\(factory)-water", factoryID: factory, kind: .water, name: "总排口",
            items: [
                .init(pollutant: .cod, unit: .milligramPerLitre, limits: cod),
                .init(pollutant: .pH, unit: .pH, limits: [limit(lower: 6, upper: 9)]),
            ])
    }

    var milliseconds: Int64 { Int64(now.number) * 3_600_000 + 60_000 }

    @discardableResult
    func write<Result>(_ body: (WriteContext) throws -> Result) throws -> Result {
        try store.writeAlone(durably: false, atMilliseconds: milliseconds, body)
    }

    @discardableResult
    func deliver(_ readings: [ReadingDraft], owner: Int64? = nil, run: ReadingRun = ReadingRun()) throws -> [ReadingOutcome] {
        try write { try $0.write(readings: readings, owner: owner, run: run) }
    }

    /// COD of A's water, by hours before now.
    func cod(_ text: String?, _ hoursAgo: Int = 0, flag: ReadingFlag = .none, outlet: String = "A-water", unit: MeasuringUnit? = nil) throws
        -> ReadingDraft
    {
        ReadingDraft(
            line: 1, outletID: outlet, pollutant: .cod, hour: now.adding(-hoursAgo), unit: unit,
            reading: Reading(value: try text.map { try Quantity($0) }, flag: flag))
    }

    func values(_ pollutant: Pollutant = .cod, outlet: String = "A-water", back: Int = 5000) throws -> [Hour: Reading] {
        let series = try #require(try store.series(outletID: outlet, pollutant, from: now.adding(-back), to: now))
        #expect(series.hours.map(\.hour) == series.hours.map(\.hour).sorted(), "in order, each once")
        return Dictionary(uniqueKeysWithValues: series.hours.map { ($0.hour, $0.reading) })
    }

    func isExceeding(_ id: String = "A") throws -> Bool {
        try store.isExceeding(factoryPK: try #require(try store.factory(id: id)).pk)
    }

    /// Kinds of the feed's live changes, oldest first.
    func events() throws -> [String] {
        try store.liveChanges(after: 0, limit: 10_000, audience: .everyone).filter { $0.kind.hasPrefix("monitoring.") }
            .map { "\($0.kind.dropFirst("monitoring.exceedance_".count)) \($0.factoryID ?? "")" }
    }
}

@Suite struct MonitoringStoreTests {
    // MARK: Refusals

    @Test func whatCannotBeIsRefusedByFieldAndTheRestIsKept() throws {
        let world = try Monitored()
        var wrongItem = try world.cod("1")
        wrongItem.pollutant = .totalPhosphorus
        var acid = try world.cod("14.5")
        acid.pollutant = .pH
        let outcomes = try world.deliver([
            world.cod("40"), world.cod("1", -2), world.cod("1", 24 * 1200), world.cod("1", outlet: "nobody"), wrongItem,
            world.cod("1", 1, unit: .milligramPerCubicMetre), world.cod("-0.1", 1), world.cod(nil, 1), acid, world.cod("41", 2),
        ])
        let fields = outcomes.map { outcome -> String in
            if case .rejected(let field, _, let reason) = outcome {
                #expect(!reason.isEmpty)
                return field
            }
            return "\(outcome)"
        }
        #expect(fields == ["accepted", "hour", "hour", "outlet", "pollutant", "unit", "value", "value", "value", "accepted"])
        #expect(try world.values().mapValues(\.value) == [world.now: 40, world.now.adding(-2): 41])
    }

    @Test func anHourOfToleranceIsNotGivenButFiveMinutesAre() throws {
        let world = try Monitored()
        // The clock of the feed is a little ahead: at two minutes to the hour its reading is there already.
        let early = world.milliseconds + 3_600_000 - 180_000
        let next = ReadingDraft(line: 1, outletID: "A-water", pollutant: .cod, hour: world.now.adding(1), reading: Reading(value: 1))
        func outcome(_ time: Int64) throws -> ReadingOutcome? {
            try world.store.writeAlone(durably: false, atMilliseconds: time) { try $0.write(readings: [next], run: ReadingRun()) }.first
        }
        guard case .rejected(field: "hour", _, _) = try outcome(world.milliseconds) else {
            Issue.record("a reading from the future was taken")
            return
        }
        #expect(try outcome(early) == .accepted)
    }

    @Test func aFactorysKeyWritesItsOwnOutletsOnly() throws {
        let world = try Monitored()
        let own = try #require(try world.store.factory(id: "A")).pk
        let outcomes = try world.deliver([world.cod("1"), world.cod("1", outlet: "B-water")], owner: own)
        #expect(outcomes[0] == .accepted)
        guard case .rejected(field: "outlet", _, _) = outcomes[1] else {
            Issue.record("another factory's outlet was written: \(outcomes[1])")
            return
        }
        #expect(throws: WriteRefusal.self) { try world.write { try $0.write(outlet: Monitored.water("B"), owner: own) } }
    }

    @Test func anOutletThatContradictsItselfIsRefusedAndNothingIsKept() throws {
        let world = try Monitored()
        func field(_ change: (inout OutletDraft) -> Void) -> String? {
            var draft = Monitored.water("C")
            change(&draft)
            do { try world.write { try $0.write(outlet: draft) } } catch { return (error as? WriteRefusal)?.field }
            return nil
        }
        #expect(field { $0.factoryID = "nobody" } == "factory")
        #expect(field { $0.factoryID = nil } == "factory")
        #expect(field { $0.id = "a b" } == "id")
        #expect(field { $0.items = [] } == "items")
        #expect(field { $0.items[0].unit = .milligramPerCubicMetre } == "unit")
        #expect(field { $0.items[0].pollutant = .so2 } == "pollutant")
        #expect(field { $0.items[1].pollutant = .cod } == "pollutant")
        #expect(field { $0.items[0].limits = [Monitored.limit(upper: nil)] } == "limits")
        #expect(field { $0.items[0].limits = [Monitored.limit(lower: 9, upper: 6)] } == "lower")
        #expect(field { $0.items[0].limits = [Monitored.limit(upper: 6, until: "2019-01-01")] } == "until")
        #expect(field { $0.items[0].limits = [Monitored.limit(upper: 6), Monitored.limit(upper: 7)] } == "from")
        #expect(field { $0.kind = .waterStation } == "factory")
        #expect(field { $0.longitude = 120 } == "lon")
        #expect(field { $0.id = "A-water" } == "factory", "another factory's")
        #expect(try world.store.outlet(id: "C-water") == nil)
        #expect(field { _ in } == nil)
        #expect(try world.store.outlet(id: "C-water")?.channels.map(\.pollutant) == [.pH, .cod])
        // Its readings would mean something else in another unit.
        try world.write {
            try $0.write(
                outlet: OutletDraft(
                    line: 1, id: "C-air", factoryID: "C", kind: .air, items: [.init(pollutant: .so2, unit: .milligramPerCubicMetre)]))
        }
        #expect(throws: WriteRefusal.self) {
            try world.write {
                try $0.write(
                    outlet: OutletDraft(
                        line: 1, id: "C-air", factoryID: "C", kind: .air, items: [.init(pollutant: .so2, unit: .microgramPerCubicMetre)]))
            }
        }
    }

    @Test func aRemovedFactoryTakesNoReadingsAndBeginsNoExceedance() throws {
        let world = try Monitored()
        try world.deliver([world.cod("40", 1)])
        try world.write { _ = try $0.removeFactory(id: "A", version: nil) }
        let refused = ReadingOutcome.rejected(field: "outlet", value: "A-water", reason: "its factory has been removed")
        #expect(try world.deliver([world.cod("60"), world.cod("40", outlet: "B-water")]) == [refused, .accepted])
        // Nor does a stricter limit begin one by the readings that are there.
        let refusal = #expect(throws: WriteRefusal.self) {
            try world.write { try $0.write(outlet: Monitored.water("A", cod: [Monitored.limit(upper: 30)])) }
        }
        #expect(refusal?.field == "factory")
        #expect(try world.events().isEmpty)
        #expect(try world.store.outlet(id: "A-water") == nil && world.store.outlet(id: "B-water") != nil)
        #expect(try world.store.series(outletID: "A-water", .cod, from: world.now, to: world.now)?.hours == nil)
        // Once it is there again, so is all of that.
        try world.write { _ = try $0.write(factory: factory("A"), policy: .addOrChange) }
        #expect(try world.deliver([world.cod("60")]) == [.accepted])
        #expect(try world.events() == ["started A"] && world.values().count == 2)
    }

    // MARK: The points of the map

    @Test func onlyMonitoredFactoriesThatHaveChangedAreReadAgain() throws {
        let world = try Monitored()
        try world.deliver([world.cod("40"), world.cod("40", outlet: "B-water")])
        let all = try world.store.monitoredFactories(atMilliseconds: world.milliseconds)
        #expect(all.areAll && all.factories.map { $0.factory?.id } == ["A", "B"])
        var mark = all.mark
        func changed() throws -> [String] {
            let read = try world.store.monitoredFactories(after: mark, atMilliseconds: world.milliseconds)
            mark = read.mark
            var words = read.areAll ? ["all"] : []
            for (_, factory) in read.factories {
                words.append(
                    factory.map { "\($0.id) \($0.nameZH ?? "") \($0.longitude) \($0.state.isExceeding)" } ?? "removed")
            }
            return words
        }
        #expect(try changed().isEmpty)
        // Of a factory that does not report nothing is shown.
        try world.write { _ = try $0.write(factory: factory("C", "丙厂", at: (122, 31)), policy: .addOrChange) }
        #expect(try changed().isEmpty)
        try world.write { _ = try $0.write(factory: factory("A", "改名", at: (122, 31)), policy: .addOrChange) }
        #expect(try changed() == ["A 改名 122.0 false"])
        try world.deliver([world.cod("60", outlet: "B-water")])
        #expect(try changed() == ["B 乙厂 120.0 true"])
        try world.write { _ = try $0.removeFactory(id: "A", version: nil) }
        #expect(try changed() == ["removed"])
        try world.write { _ = try $0.write(factory: factory("A", "又来", at: (122, 31)), policy: .addOrChange) }
        #expect(try changed() == ["A 又来 122.0 false"])
        // An import does not say whom it touched.
        try world.store.apply(factories: [factory("B", "乙改", at: (120, 30))])
        #expect(try changed() == ["all", "A 又来 122.0 false", "B 乙改 120.0 true"])
        #expect(try changed().isEmpty)
    }

    // MARK: Corrections

    @Test func theLastReadingStandsAndTheEarlierOnesStay() throws {
        let world = try Monitored()
        for text in ["40", "41", "41", "39.5"] { try world.deliver([world.cod(text, 1)]) }
        let hour = world.now.adding(-1)
        let found = try #require(try world.store.versions(outletID: "A-water", .cod, hour: hour))
        #expect(found.versions.map { $0.reading.value?.description } == ["40", "41", "39.5"])
        #expect(found.versions.map { $0.replaced == nil } == [false, false, true])
        #expect(found.versions.allSatisfy { $0.arrived != nil })
        #expect(try world.values()[hour]?.value == (try Quantity("39.5")))
        #expect(try world.store.series(outletID: "A-water", .cod, from: hour, to: hour)?.hours.first?.earlierVersions == 2)
        // In one delivery two values for one hour are a mistake of the delivery.
        let run = ReadingRun()
        #expect(try world.deliver([world.cod("1", 1)], run: run) == [.corrected])
        let again = try world.deliver([world.cod("1", 1), world.cod("2", 1)], run: run)
        #expect(again[0] == .unchanged)
        guard case .rejected(field: "value", _, _) = again[1] else {
            Issue.record("\(again[1])")
            return
        }
        #expect(try world.values()[hour]?.value == 1)
    }

    // MARK: Exceeding now

    @Test func anExceedanceBeginsAndEndsOnceInTheFeedAndInTheState() throws {
        let world = try Monitored()
        try world.deliver([world.cod("60", 1)])
        #expect(try world.isExceeding() && !world.isExceeding("B"))
        try world.deliver([world.cod("75")])
        #expect(try world.events() == ["started A"])
        let monitoring = try #require(try world.store.monitoring(factoryID: "A", atMilliseconds: world.milliseconds))
        #expect(monitoring.state?.multiple == 0.5 && monitoring.state?.since == world.now.adding(-1))
        #expect(monitoring.state?.pollutant == .cod && monitoring.state?.outletID == "A-water")
        #expect(try world.store.exceedingFactories() == [try #require(try world.store.factory(id: "A")).pk])
        #expect(try world.store.factory(id: "A")?.exceedingNow == true)
        #expect(try world.store.factory(id: "A")?.assessment(asOf: Day.today()).status == .violating)
        // A correction takes it back.
        try world.deliver([world.cod("49")])
        #expect(try !world.isExceeding())
        #expect(try world.events() == ["started A", "ended A"])
        #expect(try world.store.factory(id: "A")?.assessment(asOf: Day.today()).status != .violating)
        let start = try #require(
            try world.store.liveChanges(after: 0, limit: 100, audience: .everyone).first { $0.kind == "monitoring.exceedance_started" })
        let data = try #require(try JSONSerialization.jsonObject(with: Data((start.data ?? "").utf8)) as? [String: Any])
        #expect(data["outlet"] as? String == "A-water" && data["pollutant"] as? String == "w01018" && data["multiple"] as? Double == 0.2)
    }

    @Test func whatNobodyHearsOfEndsAfterThreeHours() throws {
        let world = try Monitored()
        try world.deliver([world.cod("60")])
        for hours in 1...2 {
            world.now = world.now.adding(1)
            #expect(try world.write { try $0.endStaleExceedances() } == 0, "\(hours) hours later")
        }
        world.now = world.now.adding(1)
        #expect(try world.write { try $0.endStaleExceedances() } == 1)
        #expect(try world.events() == ["started A", "ended A"] && !world.isExceeding())
        #expect(try world.write { try $0.endStaleExceedances() } == 0)
    }

    @Test func pHExceedsOnEitherSideAndLimitsHoldForTheirDays() throws {
        let world = try Monitored()
        var acid = try world.cod("5.5")
        acid.pollutant = .pH
        try world.deliver([acid])
        #expect(try world.isExceeding())
        let state = try #require(try world.store.monitoring(factoryID: "A", atMilliseconds: world.milliseconds)?.state)
        #expect(state.pollutant == .pH && state.multiple == nil)
        // A wider limit from today on.
        let other = try Monitored()
        try other.deliver([other.cod("60")])
        let limits = [Monitored.limit(upper: 50, until: "2026-11-19"), Monitored.limit(upper: 80, from: "2026-11-20")]
        try other.write { try $0.write(outlet: Monitored.water("A", cod: limits)) }
        #expect(try !other.isExceeding() && other.events() == ["started A", "ended A"])
        try other.deliver([other.cod("60", 24)])
        let series = try #require(try other.store.series(outletID: "A-water", .cod, from: other.now.adding(-24), to: other.now))
        #expect(series.hours.map { $0.limit?.upper } == [50, 80])
    }

    @Test func randomDeliveriesAreJudgedAsByTheRuleReadAloud() throws {
        var random = SplitMix(state: 20_261_125)
        for _ in 0..<12 {
            let world = try Monitored()
            var standing: [Hour: Reading] = [:]
            var wasExceeding = false
            var flips = 0
            for _ in 0..<40 {
                if random.below(3) == 0 { world.now = world.now.adding(1) }
                let hoursAgo = random.below(6)
                let flag = random.below(5) == 0 ? ReadingFlag.calibration : .none
                let value = 30 + random.below(40)
                try world.deliver([world.cod("\(value)", hoursAgo, flag: flag)])
                standing[world.now.adding(-hoursAgo)] = Reading(value: Quantity(millionths: Int64(value) * 1_000_000), flag: flag)
                try world.write { _ = try $0.endStaleExceedances() }
                // The rule in its own words.
                var expected = false
                for back in 0..<3 {
                    guard let reading = standing[world.now.adding(-back)], reading.flag == .none else { continue }
                    expected = (reading.value ?? 0) > 50
                    break
                }
                #expect(try world.isExceeding() == expected)
                if expected != wasExceeding { flips += 1 }
                wasExceeding = expected
            }
            // Between a delivery and the sweep behind it a state may flip and flip back; never the other way round.
            #expect(try world.events().count >= flips)
            #expect(try world.values().mapValues(\.value) == standing.mapValues(\.value))
        }
    }

    // MARK: History

    @Test func packingChangesNoAnswerAndLateReadingsFindTheirBlock() throws {
        let world = try Monitored()
        var random = SplitMix(state: 7)
        var standing: [Hour: Reading] = [:]
        func deliver(_ count: Int, within hours: Int) throws {
            for _ in 0..<count {
                let hoursAgo = random.below(hours)
                let flag = random.below(8) == 0 ? ReadingFlag.maintenance : .none
                let value = Quantity(millionths: Int64(random.below(70_000)) * 1000)
                let reading = Reading(value: value, flag: flag)
                try world.deliver([
                    ReadingDraft(line: 1, outletID: "A-water", pollutant: .cod, hour: world.now.adding(-hoursAgo), reading: reading)
                ])
                standing[world.now.adding(-hoursAgo)] = reading
            }
        }
        try deliver(60, within: 200)
        // Whole days are packed: of six rounds of 17 hours at least four come to one more.
        var steps = 0
        for _ in 0..<6 {
            world.now = world.now.adding(17)
            try deliver(30, within: 120)
            while try !world.write({ try $0.retainStep(channels: 1) }).isIdle { steps += 1 }
            #expect(try world.values() == standing)
        }
        #expect(steps >= 4)
        let first = world.store
        let hot = try first.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM hot_readings") ?? 0 }
        let usage = try first.historyUsage()
        #expect(usage.readings + hot == standing.count && usage.readings > 0 && hot > 0)
        try first.verifyIntegrity()
    }

    @Test func daysOutliveTheirHoursAsSummaries() throws {
        let world = try Monitored()
        var readings: [ReadingDraft] = []
        for hoursAgo in 0..<(24 * 12) where hoursAgo % 7 != 0 {
            readings.append(try world.cod("\(30 + hoursAgo % 31)", hoursAgo, flag: hoursAgo % 11 == 0 ? .outage : .none))
        }
        #expect(try Set(world.deliver(readings)) == [.accepted])
        func days() throws -> [SeriesDay] {
            try #require(try world.store.dailySeries(outletID: "A-water", .cod, from: world.now.adding(-24 * 20), to: world.now)).days
        }
        let before = try days()
        #expect(before.count == 13)
        // Counted by hand from the readings.
        for day in before {
            let own = readings.filter { $0.hour.day == day.day.daysSince1970 && $0.reading.flag == .none }.compactMap(\.reading.value)
            #expect(day.summary.count == own.count && day.summary.least == own.min() && day.summary.greatest == own.max())
            #expect(day.summary.exceeding == own.filter { $0 > 50 }.count)
        }
        try world.write { try $0.setRetention(RetentionPolicy(hotDays: 2, hourlyDays: 5, dailyDays: nil)) }
        var summarised = 0
        while case let step = try world.write({ try $0.retainStep(channels: 3) }), !step.isIdle { summarised += step.summarisedDays }
        #expect(summarised == 8)
        #expect(try days() == before, "the same days, whether from hours or summaries")
        #expect(try world.values().keys.min()?.day == world.now.day - 4)
        guard case .rejected(field: "hour", _, _)? = try world.deliver([world.cod("1", 24 * 6)]).first else {
            Issue.record("a reading of a day that was given up was taken")
            return
        }
        // Given up stays given up, also when the policy is widened afterwards.
        try world.write { try $0.setRetention(.standard) }
        guard case .rejected(field: "hour", _, _)? = try world.deliver([world.cod("1", 24 * 6)]).first else {
            Issue.record("a reading of a day that was given up was taken")
            return
        }
        #expect(throws: WriteRefusal.self) {
            try world.write { try $0.setRetention(RetentionPolicy(hotDays: 0, hourlyDays: 5, dailyDays: nil)) }
        }
    }

    @Test func theClockOfASyntheticSetStandsAtItsLastReading() throws {
        let world = try Monitored(now: "2027-03-01T10:00+08:00")
        try world.store.setDataset(DatasetInfo(synthetic: true, asOf: Day(iso: "2026-11-23")))
        let last = try Hour("2026-11-23T23:00+08:00")
        try world.deliver([ReadingDraft(line: 1, outletID: "A-water", pollutant: .cod, hour: last, reading: Reading(value: 60))])
        #expect(try world.isExceeding())
        #expect(try world.write { try $0.endStaleExceedances() } == 0)
        // A reading of today sets it going again.
        try world.deliver([world.cod("1", outlet: "B-water")])
        #expect(try world.write { try $0.endStaleExceedances() } == 1)
    }

    @Test func aDeliveryThatFailsLeavesNothing() throws {
        let world = try Monitored()
        struct Stop: Error {}
        #expect(throws: Stop.self) {
            try world.write { context in
                _ = try context.write(readings: [world.cod("60")], run: ReadingRun())
                throw Stop()
            }
        }
        #expect(try world.values().isEmpty && world.events().isEmpty && !world.isExceeding())
    }
}

/// SplitMix64: the same draws on every run.
private struct SplitMix {
    var state: UInt64

    mutating func below(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((z ^ (z >> 31)) % UInt64(bound))
    }
}
