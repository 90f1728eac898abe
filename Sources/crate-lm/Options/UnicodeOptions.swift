public import ArgumentParser
public import Tokenizer

extension UnicodeVersion: ExpressibleByArgument {
  /// The version that an argument like `9.0` names.
  public init?(argument: String) { self.init(argument) }
}

/// By which Unicode to normalise, on the command line.
struct UnicodeOptions: ParsableArguments {
  @Option(
    help: """
      Normalise by this version of Unicode, such as \(UnicodeVersion.tokenizers), that of \
      Hugging Face's tokenizers: later characters are left alone.
      """)
  var unicode: UnicodeVersion?

  func validate() throws {
    if let unicode, UnicodeVersion.icu < unicode {
      throw ValidationError(
        "--unicode is \(unicode); expected at most \(UnicodeVersion.icu), that of this ICU.")
    }
  }
}
