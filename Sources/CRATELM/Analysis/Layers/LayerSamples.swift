/// A measure that every sequence has one value of.
enum SequenceMeasure: Hashable, Sendable {
  case rate(RatePoint, RateForm)
  case subspaceRate(RatePoint, RateForm)
  case tokenNorm(RatePoint)
  case entropy, selfShare
  case nonzeroFraction, hoyer
}

/// What the sequences say of a layer.
struct LayerSamples {
  /// The values in the order of the sequences.
  private(set) var values: [SequenceMeasure: [Double]] = [:]
  /// The number of tokens for which each unit is positive.
  var firings: [Int] = []

  mutating func append(_ value: Double, to measure: SequenceMeasure) {
    values[measure, default: []].append(value)
  }

  func spread(_ measure: SequenceMeasure) -> Spread? { values[measure].flatMap(Spread.init) }

  /// The measures at both places in all forms.
  func rates(_ values: (RatePoint, RateForm) -> [Double]?) -> LayerMeasures.Rates {
    var rates: [RatePoint: [RateForm: Spread]] = [:]
    for point in RatePoint.allCases {
      for form in RateForm.allCases {
        rates[point, default: [:]][form] = values(point, form).flatMap(Spread.init)
      }
    }
    return LayerMeasures.Rates(values: rates)
  }

  /// R − R^c of every sequence.
  func reduction(_ point: RatePoint, _ form: RateForm) -> [Double]? {
    guard let whole = values[.rate(point, form)], let parts = values[.subspaceRate(point, form)]
    else { return nil }
    return zip(whole, parts).map { $0 - $1 }
  }

  /// R − R^c − λ·‖z‖₀ of every sequence, for codes of `width` numbers.
  func sparseReduction(
    _ form: RateForm, sparsityPenalty: Double, width: Int
  ) -> [Double]? {
    guard let reduction = reduction(.after, form), let shares = values[.nonzeroFraction]
    else { return nil }
    return zip(reduction, shares).map { $0 - sparsityPenalty * Double(width) * $1 }
  }

  /// The sparse code on `tokenCount` tokens.
  func code(tokenCount: Int) -> LayerMeasures.Code? {
    guard let share = spread(.nonzeroFraction) else { return nil }
    func part(_ matches: (Int) -> Bool) -> Double {
      Double(firings.count(where: matches)) / Double(firings.count)
    }
    return LayerMeasures.Code(
      nonzeroFraction: share, hoyer: spread(.hoyer), dead: part { $0 == 0 },
      alwaysOn: part { 2 * $0 > tokenCount })
  }
}
