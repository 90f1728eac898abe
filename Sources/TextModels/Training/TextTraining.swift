package import CRATELM
import Storage

/// The record of `train`, the `train.json` of its directory: what it was asked for, the sizes that
/// were chosen, and how far it is.
package struct TextTraining: Record, Hashable, Sendable {
  package static let formatVersion = 1

  /// The inputs, as they were given.
  package var inputs: [String]
  /// The name of the field of a JSON line that holds the text, in records without a form.
  private var textField: String?
  /// How the inputs become documents; `nil` in records that have but ``textField``.
  private var textForm: TextForm?
  /// The text, as far as it is read.
  package var text: TextMeasure
  /// The task of the model.
  package var objective: Objective
  /// The seed of everything that is drawn.
  package var seed: UInt64
  /// The time for all, in seconds.
  package var seconds: Double
  /// The precision of products in training; `nil` in records without one, for single precision.
  package var precision: Precision?
  /// The operations per second of this machine's products of matrices, in ``precision``.
  package var operationsPerSecond: Double
  /// The sizes of tokenizer and data.
  package var textSizes: TextSizes
  /// The sizes of the run; `nil` before it begins.
  package var runSizes: RunSizes?
  /// The seconds before the run began.
  package var preparationSeconds = 0.0
  /// The seconds of the run between updates, such as those of validations.
  package var overheadSeconds = 0.0
  /// The commands so far.
  package var commands: [String] = []

  /// How the inputs become documents.
  package var form: TextForm {
    var form = textForm ?? TextForm()
    if let textField { form.textField = textField }
    return form
  }

  /// A record of what is to be done.
  package init(
    inputs: [String], form: TextForm, text: TextMeasure, objective: Objective, seed: UInt64,
    seconds: Double, precision: Precision, operationsPerSecond: Double, textSizes: TextSizes
  ) {
    (self.inputs, textForm, self.text) = (inputs, form, text)
    (self.objective, self.seed, self.seconds) = (objective, seed, seconds)
    (self.precision, self.operationsPerSecond) = (precision, operationsPerSecond)
    self.textSizes = textSizes
  }
}
