// FactoryPlan.swift: everything that has to be known of all factories before the first row is written: who sits where, what it makes,
// what it is called, how many records it has. Compact columns, one entry per factory in the order of the ids.

struct FactoryPlan: Sendable {
    let options: GeneratorOptions
    let siteMap: SiteMap
    let industry: IndustryCodes
    let clusters: ClusterMap
    let names: NameSpace
    let sizes: SiteSizes

    private(set) var sites: [Site] = []
    /// Site of each factory.
    private(set) var site: [Int32] = []
    private(set) var kind: [UInt8] = []
    /// Number in `industry.codes`.
    private(set) var industryCode: [UInt16] = []
    private(set) var name: [NameParts] = []
    /// Number in `formerNames`, or −1.
    private(set) var formerName: [Int32] = []
    private(set) var formerNames: [NameParts] = []
    private(set) var repeatedNames = 0
    private(set) var records: [UInt16] = []
    /// First record's number; one more entry than factories.
    private(set) var recordStart: [Int] = []
    private(set) var traits: [Traits] = []

    struct Traits: OptionSet, Sendable {
        let rawValue: UInt8
        static let keyMonitored = Traits(rawValue: 1)
        static let disclosed = Traits(rawValue: 2)
    }

    var count: Int { options.factories }
    func county(_ factory: Int) -> Int { Int(sites[Int(site[factory])].county) }

    /// Key monitored facilities: 30,000 of 1.2 million.
    static let keyMonitoredShare = 0.025
    /// Former names, and names that another factory elsewhere bears too (assumptions of the specification).
    static let renamedShare = 0.03
    static let repeatedShare = 0.01

    init(options: GeneratorOptions, regions: Regions, progress: (String) -> Void) throws {
        self.options = options
        progress("places")
        industry = try IndustryCodes(folder: options.tablesFolder)
        clusters = ClusterMap(cities: regions.cities)
        names = try NameSpace(regions: regions)
        siteMap = SiteMap(regions: regions, seed: options.seed)
        var random = RandomStream(seed: options.seed, stage: .siteSizes)
        sizes = SiteSizes(factories: options.factories, random: &random)
        progress("positions")
        try makeSites()
        spreadOverSites()
        progress("industries and names")
        let clocks = try drawFactories()
        assignNames()
        progress("record counts")
        countRecords(clocks)
    }

    private mutating func makeSites() throws {
        let siteMap = siteMap
        let seed = options.seed
        let total = sizes.sizes.count
        let gates = sizes.gates
        var sites: [Site] = []
        sites.reserveCapacity(total)
        try Chunks.run(count: Chunks.count(for: total)) { chunk -> [Site] in
            var random = RandomStream(seed: seed, stage: .sites, chunk: chunk)
            return Chunks.range(chunk, of: total).map { siteMap.site(isGate: $0 < gates, &random) }
        } take: { _, piece in
            sites += piece
        }
        self.sites = sites
    }

    /// Factories in random order over the sites, so that the order of the ids says nothing about places.
    private mutating func spreadOverSites() {
        var order: [Int32] = []
        order.reserveCapacity(count)
        for (site, size) in sizes.sizes.enumerated() {
            for _ in 0..<size { order.append(Int32(truncatingIfNeeded: site)) }
        }
        var random = RandomStream(seed: options.seed, stage: .siteOrder)
        for index in stride(from: order.count - 1, to: 0, by: -1) { order.swapAt(index, random.below(index + 1)) }
        site = order
    }

    private struct Draft: Sendable {
        var kind: UInt8
        var industryCode: UInt16
        var name: NameParts
        var renamed: Bool
        var recordClock: Double
        var monitoringClock: Double
    }

    /// Kind, class, size and the shape of the name, factory by factory.
    private mutating func drawFactories() throws -> (records: [Double], monitoring: [Double]) {
        let plan = self
        var recordClocks: [Double] = []
        var monitoringClocks: [Double] = []
        recordClocks.reserveCapacity(count)
        monitoringClocks.reserveCapacity(count)
        kind.reserveCapacity(count)
        name.reserveCapacity(count)
        try Chunks.run(count: Chunks.count(for: count)) { chunk -> [Draft] in
            var random = RandomStream(seed: plan.options.seed, stage: .factories, chunk: chunk)
            return Chunks.range(chunk, of: plan.count).map { plan.draft(of: $0, &random) }
        } take: { _, drafts in
            for draft in drafts {
                kind.append(draft.kind)
                industryCode.append(draft.industryCode)
                name.append(draft.name)
                formerName.append(draft.renamed ? 0 : -1)
                recordClocks.append(draft.recordClock)
                monitoringClocks.append(draft.monitoringClock)
            }
        }
        return (recordClocks, monitoringClocks)
    }

    private func draft(of factory: Int, _ random: inout RandomStream) -> Draft {
        let county = county(factory)
        let kind = clusters.kinds[siteMap.regions.counties[county].city].sample(&random)
        let classes = industry.classes[kind]
        let industryClass = classes.lowerBound + random.below(classes.count)
        // Sources give the class in two of three cases, else only the division.
        let code = random.chance(0.65) ? industryClass : industry.divisionOfClass[industryClass]
        let name = names.draw(county: county, kind: kind, &random)
        let size = PortableMath.exp(1.3 * random.gaussian())
        let multiplier = IndustryKind.all[kind].multiplier
        return Draft(
            kind: UInt8(kind), industryCode: UInt16(code), name: name, renamed: random.chance(Self.renamedShare),
            recordClock: random.exponential() / (multiplier * multiplier * size),
            monitoringClock: random.exponential() / (multiplier * size * size))
    }

    /// Names in the order of the ids; then 1 % take over the whole name of a factory in another city.
    private mutating func assignNames() {
        var pools = NameSpace.Pools(names, seed: options.seed)
        for factory in 0..<count {
            pools.assign(&name[factory])
            guard formerName[factory] >= 0 else { continue }
            formerName[factory] = Int32(truncatingIfNeeded: formerNames.count)
            var former = name[factory]
            pools.assign(&former)
            formerNames.append(former)
        }
        var random = RandomStream(seed: options.seed, stage: .repeatedNames)
        let counties = siteMap.regions.counties
        var taken = [Bool](repeating: false, count: count)
        // Half of the 1 % copy, the other half are copied: both bear a name that repeats.
        let copies = Int((Double(count) * Self.repeatedShare / 2).rounded())
        var attempts = 0
        while repeatedNames < copies, attempts < copies * 20 {
            attempts += 1
            let factory = random.below(count)
            let source = random.below(count)
            guard factory != source, !taken[factory], !taken[source], counties[county(factory)].city != counties[county(source)].city else {
                continue
            }
            taken[factory] = true
            taken[source] = true
            name[factory] = name[source]
            repeatedNames += 1
        }
    }

    private mutating func countRecords(_ clocks: (records: [Double], monitoring: [Double])) {
        var random = RandomStream(seed: options.seed, stage: .recordCounts)
        let counts = RecordCounts.descending(factories: count, records: options.records, random: &random)
        records = [UInt16](repeating: 0, count: count)
        for (rank, factory) in RecordCounts.order(clocks: clocks.records).enumerated() { records[Int(factory)] = counts[rank] }
        recordStart = [0]
        recordStart.reserveCapacity(count + 1)
        for value in records { recordStart.append(recordStart[recordStart.count - 1] + Int(value)) }

        traits = [Traits](repeating: [], count: count)
        let monitored = Int((Double(count) * Self.keyMonitoredShare).rounded())
        for factory in RecordCounts.order(clocks: clocks.monitoring).prefix(monitored) { traits[Int(factory)].insert(.keyMonitored) }
        // Factories without a record disclose more often: that is how some of them are known to be clean.
        for factory in 0..<count where random.chance(records[factory] == 0 ? 0.30 : 0.05) { traits[factory].insert(.disclosed) }
    }
}
