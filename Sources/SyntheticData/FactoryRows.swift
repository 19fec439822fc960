// FactoryRows.swift: the rows of factories.csv, chunk by chunk.

/// Fields of the written rows that other files repeat, so that they agree: the credit code as written.
struct FactoryRows: Sendable {
    let plan: FactoryPlan
    let positions: [SourcePosition]
    private let addresses: TextTable

    static let header: StaticString =
        "id,name_zh,name_en,former_name,credit_code,address,lon,lat,easting,northing,datum,industry,county_code,key_monitored,disclosed,synthetic\n"
    static let errorHeader: StaticString = "factory_id,error,true_lon,true_lat\n"

    /// Of the factories' credit codes (assumptions; wrong checks are the specification's).
    static let missingCodeShare = 0.03
    static let wrongCodeShare = 0.005
    private static let englishShare = 0.30

    init(plan: FactoryPlan, positions: [SourcePosition]) {
        self.plan = plan
        self.positions = positions
        let regions = plan.siteMap.regions
        addresses = TextTable(
            regions.counties.map { county in
                let city = regions.cities[county.city]
                return (city.provinceName == city.name ? "" : city.provinceName) + (city.name == county.name ? "" : city.name) + county.name
            })
    }

    enum CodeState { case valid, wrongCheck, missing }

    /// A factory's code is settled by its number alone, so that records and lists write the same one.
    static func codeState(of factory: Int, seed: UInt64) -> CodeState {
        let draw = Double(SplitMix64.mix(SplitMix64.mix(seed &+ 0xC0DE) &+ UInt64(truncatingIfNeeded: factory)) >> 11) * 0x1p-53
        return draw < wrongCodeShare ? .wrongCheck : draw < wrongCodeShare + missingCodeShare ? .missing : .valid
    }

    /// The code as written; empty when the factory has none.
    func creditCode(of factory: Int) -> [UInt8] {
        let state = Self.codeState(of: factory, seed: plan.options.seed)
        if state == .missing { return [] }
        let county = plan.siteMap.regions.counties[plan.county(factory)]
        let code = SyntheticCreditCode.code(number: factory, countyCode: county.code)
        return state == .wrongCheck ? SyntheticCreditCode.withWrongCheck(code) : code
    }

    struct Piece: Sendable {
        var rows: ByteBuffer
        var errors: ByteBuffer
        var errorCount = 0
        var wrongCodes = 0
        var missingCodes = 0
    }

    func piece(_ chunk: Int) -> Piece {
        let range = Chunks.range(chunk, of: plan.count)
        var random = RandomStream(seed: plan.options.seed, stage: .factoryRows, chunk: chunk)
        var piece = Piece(rows: ByteBuffer(capacity: range.count * 260), errors: ByteBuffer(capacity: 1_024))
        for factory in range { append(factory, to: &piece, &random) }
        return piece
    }

    private func append(_ factory: Int, to piece: inout Piece, _ random: inout RandomStream) {
        let error = plan.options.injectsErrors ? InjectedError.of(factory: factory, seed: plan.options.seed) : nil
        let regions = plan.siteMap.regions
        let site = plan.sites[Int(plan.site[factory])]
        let county = regions.counties[Int(site.county)]
        let parts = plan.name[factory]

        piece.rows.identifier("BA", error == .repeatedID ? max(factory, 1) : factory + 1)
        piece.rows.comma()
        if error != .noName { plan.names.append(parts, to: &piece.rows) }
        piece.rows.comma()
        if random.chance(Self.englishShare), error != .noName {
            plan.names.appendEnglish(parts, city: regions.cities[county.city], to: &piece.rows)
        }
        piece.rows.comma()
        let former = Int(plan.formerName[factory])
        if former >= 0 { plan.names.append(plan.formerNames[former], to: &piece.rows) }
        piece.rows.comma()
        let code = creditCode(of: factory)
        piece.rows.raw(code)
        switch Self.codeState(of: factory, seed: plan.options.seed) {
        case .wrongCheck: piece.wrongCodes += 1
        case .missing: piece.missingCodes += 1
        case .valid: break
        }
        piece.rows.comma()
        piece.rows.text(addresses, Int(site.county))
        piece.rows.text(site.inPark ? "虚构工业园" : "虚构路")
        piece.rows.integer(1 + random.below(999))
        piece.rows.text("号,")
        appendPosition(factory, error, to: &piece.rows)
        piece.rows.text(plan.industry.codes, Int(plan.industryCode[factory]))
        piece.rows.comma()
        piece.rows.integer(Int(county.code))
        piece.rows.comma()
        piece.rows.boolean(plan.traits[factory].contains(.keyMonitored))
        piece.rows.comma()
        piece.rows.boolean(plan.traits[factory].contains(.disclosed))
        piece.rows.text(",true\n")

        if let error {
            piece.errorCount += 1
            piece.errors.identifier("BA", factory + 1)
            piece.errors.comma()
            piece.errors.text(error.rawValue)
            piece.errors.comma()
            piece.errors.fixed(Int64(site.longitude), decimals: 7)
            piece.errors.comma()
            piece.errors.fixed(Int64(site.latitude), decimals: 7)
            piece.errors.newline()
        }
    }

    /// `lon,lat,easting,northing,datum,` as the source has it, or as an injected error spoils it.
    private func appendPosition(_ factory: Int, _ error: InjectedError?, to buffer: inout ByteBuffer) {
        var position = positions[Int(plan.site[factory])]
        if error == .wrongCounty { position = positions[Int(plan.site[strangerTo(factory)])] }
        switch error {
        case .swapped: swap(&position.x, &position.y)
        case .zero:
            position = SourcePosition(x: 0, y: 0, datum: position.isPlane ? SourcePosition.wgs84 : position.datum)
        case .twoDecimals:
            let unit: Int64 = position.isPlane ? 1_000_000 : 100_000
            position.x = (position.x + unit / 2) / unit * unit
            position.y = (position.y + unit / 2) / unit * unit
        case .outOfRange: position.y *= 20
        default: break
        }
        if error == .noPosition {
            buffer.text(",,,,")
        } else if position.isPlane {
            buffer.text(",,")
            if error == .notANumber { buffer.text("#N/A") } else { buffer.fixed(position.x, decimals: 3) }
            buffer.comma()
            buffer.fixed(position.y, decimals: 3)
            buffer.comma()
        } else {
            if error == .notANumber {
                buffer.text("NaN")
            } else if error == .twoDecimals {
                buffer.fixed(position.x / 100_000, decimals: 2)
            } else {
                buffer.fixed(position.x, decimals: 7)
            }
            buffer.comma()
            if error == .twoDecimals { buffer.fixed(position.y / 100_000, decimals: 2) } else { buffer.fixed(position.y, decimals: 7) }
            buffer.text(",,,")
        }
        if error == .unknownDatum { buffer.text("mars2000") } else { position.appendDatum(to: &buffer) }
        buffer.comma()
    }

    /// A factory in another county, found by walking on from this one; itself when there is none.
    private func strangerTo(_ factory: Int) -> Int {
        let county = plan.county(factory)
        for step in 1..<200 {
            let other = (factory + step * 101) % plan.count
            if plan.county(other) != county { return other }
        }
        return factory
    }
}
