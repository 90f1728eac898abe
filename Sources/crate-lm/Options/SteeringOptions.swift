public import ArgumentParser
public import CRATELM
import TextModels

extension Intervention: TypedValue {
  static let expectation =
    "a unit and its change, such as 2:31=4, 2:31+=0.5 or 2:31*=2: LAYER:UNIT, a sign and a number"
}
extension UnitAddress: TypedValue {
  static let expectation = "a layer and a unit, both counted from 0, such as 2:31"
}
extension Steering.Extent: ExpressibleByArgument {}

/// Changes of units while a text is written, on the command line.
struct SteeringOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Set the activation of a unit of a layer's code, both counted from 0, to a value, add to it \
      (+=) or multiply it (*=) at every token from the last one of the prompt on. May be given \
      several times.
      """, valueName: "layer:unit=value"))
  var steer: [Intervention] = []

  @Option(
    help: ArgumentHelp(
      "Set a unit to zero, as --steer LAYER:UNIT=0. May be given several times.",
      valueName: "layer:unit"))
  var ablate: [UnitAddress] = []

  @Option(help: "The tokens to steer at: from the prompt's last one on, or all of the prompt too.")
  var steerAt = Steering.Extent.written

  @Flag(
    help: """
      Also write the same texts unsteered and with random units steered alike, and print the \
      perplexity of each by the unsteered model.
      """)
  var fluency = false

  func validate() throws {
    guard steering != nil || steerAt == .written && !fluency else {
      throw ValidationError("--steer-at and --fluency are for --steer or --ablate; give one.")
    }
  }

  /// The changes; `nil` for none.
  var steering: Steering? {
    let all = steer + ablate.map { Intervention.ablation(of: $0) }
    return all.isEmpty ? nil : Steering(all, at: steerAt)
  }
}

extension Steering {
  /// The fields for `--json`; `positions` are the tokens that the changes were made at.
  func fields(positions: Int) -> JSONFields {
    [
      "steered": interventions.map(\.description), "steer_at": extent.rawValue,
      "steered_positions": positions,
    ]
  }
}

extension SteeringCost {
  /// The fields for `--json`.
  var fields: JSONFields {
    let fields: JSONFields = [
      "steered": steered, "unsteered": unsteered, "random": random,
      "random_units": randomUnits.map(\.description),
    ]
    return ["perplexity": fields]
  }

  /// The perplexities in a sentence.
  var sentence: String {
    func number(_ value: Double?) -> String { value.map { Quantity.fixed($0, 2) } ?? "none" }
    let units = randomUnits.map(\.description).joined(separator: ", ")
    return """
      Perplexity by the unsteered model: \(number(steered)) of the text, \(number(random)) of one \
      steered by random units instead (\(units)), \(number(unsteered)) of one not steered.
      """
  }
}
