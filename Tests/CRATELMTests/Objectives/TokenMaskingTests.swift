import CRATELM
import Testing

@Suite struct TokenMaskingTests {
  private let vocabulary: MaskingVocabulary
  private let size = 200

  init() throws {
    vocabulary = try .forTests(size: size)
  }

  private func masking(
    rate: Double = 0.15, wholeWords: Bool = false, seed: UInt64 = 1
  ) throws -> TokenMasking {
    TokenMasking(
      vocabulary,
      for: .training(try MaskingConfiguration(rate: rate, wholeWords: wholeWords), seed: seed))
  }

  private struct Masked: Equatable {
    var ids: [Int32]
    var places: [Int] = []
    var targets: [Int32] = []
  }

  private func hide(_ ids: [Int32], _ masking: inout TokenMasking, at position: Int) -> Masked {
    var masked = Masked(ids: ids)
    var (places, targets) = ([Int](), [Int32]())
    masking.hide(&masked.ids, position: position) {
      places.append($0)
      targets.append($1)
    }
    (masked.places, masked.targets) = (places, targets)
    return masked
  }

  /// A sequence of ordinary and special tokens between those that begin and end it.
  private func sequence(_ count: Int, seed: UInt64) -> [Int32] {
    var generator = SplitMix64(seed: seed)
    let text = (0..<count).map { _ in
      let draw = generator.integer(below: 10)
      return draw == 0 ? 4 : Int32(6 + generator.integer(below: size - 6))
    }
    return [1] + text + [2]
  }

  @Test(arguments: [0.001, 0.15, 0.4, 1])
  func exactlyTheRateIsChosen(rate: Double) throws {
    var masking = try masking(rate: rate)
    for (position, count) in [1, 2, 7, 126, 126, 510].enumerated() {
      let ids = sequence(count, seed: UInt64(position))
      let eligible = ids.indices.filter { ids[$0] > 5 }
      let masked = hide(ids, &masking, at: position)
      let expected =
        eligible.isEmpty ? 0 : max(1, Int((rate * Double(eligible.count)).rounded()))
      #expect(masked.places.count == expected)
      #expect(Set(masked.places).isSubset(of: eligible))
      #expect(masked.places == masked.places.sorted())
      #expect(masked.targets == masked.places.map { ids[$0] })
      for place in ids.indices where !masked.places.contains(place) {
        #expect(masked.ids[place] == ids[place])
      }
    }
  }

  @Test func nothingIsChosenAmongSpecialTokens() throws {
    var masking = try masking(rate: 1)
    let ids: [Int32] = [1, 4, 4, 4, 2]
    #expect(hide(ids, &masking, at: 0) == Masked(ids: ids))
  }

  /// 80 %, 10 % and 10 % within four deviations of the binomial distribution, which a right
  /// choice leaves with a probability of 6·10⁻⁵; all three have a fixed seed.
  @Test func replacementsHaveTheirShares() throws {
    var masking = try masking()
    var (chosen, masks, kept) = (0, 0, 0)
    var counts = [Int](repeating: 0, count: size)
    var places = [Int](repeating: 0, count: 128)
    for position in 0..<4000 {
      let ids = [1] + [Int32](repeating: 7, count: 126) + [2]
      let masked = hide(ids, &masking, at: position)
      for place in masked.places {
        chosen += 1
        places[place] += 1
        switch masked.ids[place] {
        case 3: masks += 1
        case 7: kept += 1
        case let id: counts[Int(id)] += 1
        }
      }
    }
    func isWithin(_ count: Int, _ share: Double) -> Bool {
      let deviation = (Double(chosen) * share * (1 - share)).squareRoot()
      return abs(Double(count) - share * Double(chosen)) < 4 * deviation
    }
    #expect(chosen == 4000 * 19)
    // A random token is the one that was there once in 194 times.
    let ordinary = Double(size - 6)
    #expect(isWithin(masks, 0.8))
    #expect(isWithin(kept, 0.1 + 0.1 / ordinary))
    #expect(isWithin(chosen - masks - kept, 0.1 - 0.1 / ordinary))
    // No special or unused id takes a place, and every other does: of 7,600 draws 39 each.
    #expect(counts[..<6].allSatisfy { $0 == 0 })
    #expect(counts.indices.allSatisfy { $0 < 6 || $0 == 7 || (10...80).contains(counts[$0]) })
    // Every place is chosen as often as others: 603 ± 4·22.6.
    #expect(places[1...126].allSatisfy { (510...695).contains($0) })
    #expect(places[0] == 0 && places[127] == 0)
  }

  /// What is hidden depends on the seed and the position, not on what was hidden before.
  @Test func positionIsAllTheState() throws {
    let ids = sequence(126, seed: 5)
    var whole = try masking()
    let expected = (0..<20).map { hide(ids, &whole, at: $0) }
    #expect(Set(expected.map(\.places)).count == 20)
    for position in [19, 0, 7] {
      var fresh = try masking()
      #expect(hide(ids, &fresh, at: position) == expected[position])
    }
    var other = try masking(seed: 2)
    #expect(hide(ids, &other, at: 0) != expected[0])
    var validation = TokenMasking(vocabulary, for: .validation)
    var again = TokenMasking(vocabulary, for: .validation)
    #expect(hide(ids, &validation, at: 3) == hide(ids, &again, at: 3))
    #expect(hide(ids, &validation, at: 0).places != expected[0].places)
    #expect(hide(ids, &validation, at: 0).places.count == expected[0].places.count)
  }

  /// The pieces of a word are hidden together or not at all, in the number asked for or, where
  /// words do not fit, one to three fewer.
  @Test func wholeWordsAreHiddenTogether() throws {
    var masking = try masking(rate: 0.2, wholeWords: true)
    for position in 0..<50 {
      let ids = sequence(126, seed: UInt64(position))
      var words: [[Int]] = []
      for place in ids.indices where ids[place] > 5 {
        if ids[place].isMultiple(of: 3), let last = words.last?.last, last == place - 1 {
          words[words.count - 1].append(place)
        } else {
          words.append([place])
        }
      }
      let masked = hide(ids, &masking, at: position)
      let chosen = Set(masked.places)
      for word in words {
        #expect(chosen.isSuperset(of: word) || chosen.isDisjoint(with: word))
      }
      let wanted = Int((0.2 * Double(words.reduce(0) { $0 + $1.count })).rounded())
      #expect((wanted - 3...wanted).contains(masked.places.count))
    }
    // A word longer than the number asked for is hidden where there is no other.
    let word: [Int32] = [1, 7, 9, 12, 15, 2]
    #expect(hide(word, &masking, at: 0).places == [1, 2, 3, 4])
  }

  @Test func ratesOutOfRangeAreRefused() {
    for rate in [0, -0.1, 1.1, .nan, .infinity] {
      #expect(throws: ConfigurationError.self) {
        try MaskingConfiguration(rate: rate, wholeWords: false)
      }
    }
    #expect(throws: ConfigurationError.self) {
      try MaskingVocabulary(
        vocabularySize: 4,
        roles: MaskingVocabulary.Roles(mask: 3, beginning: 1, end: 2, padding: 0), special: [],
        unused: [], continuing: [])
    }
  }
}
