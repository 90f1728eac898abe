import ArgumentParser

/// A value of an option that says what it expects.
protocol TypedValue: SendableMetatype {
  /// The value that `text` writes; `nil` for any other text.
  static func read(_ text: String) -> Self?

  /// What is expected instead of any other text, such as "a number".
  static var expectation: String { get }
}

extension TypedValue {
  /// The value that `text` writes.
  ///
  /// - Throws: `ValidationError` with what is expected; the parser puts the option before it.
  fileprivate static func parse(_ text: String) throws -> Self {
    guard let value = read(text) else { throw ValidationError("expected \(expectation).") }
    return value
  }
}

extension TypedValue where Self: LosslessStringConvertible {
  static func read(_ text: String) -> Self? { Self(text) }
}

extension ArgumentHelp {
  /// The help that ends in a default value.
  fileprivate func naming(default value: some TypedValue) -> ArgumentHelp {
    var help = self
    help.abstract += " (default: \(value))"
    return help
  }
}

extension Option where Value: TypedValue {
  /// A value with a default.
  init(wrappedValue: Value, name: NameSpecification = .long, help: ArgumentHelp) {
    self.init(
      wrappedValue: wrappedValue, name: name, help: help.naming(default: wrappedValue),
      transform: Value.parse)
  }

  /// A value that must be given.
  init(name: NameSpecification = .long, help: ArgumentHelp) {
    self.init(name: name, help: help, transform: Value.parse)
  }
}

extension Option {
  /// A value that may be left out.
  init<Item: TypedValue>(name: NameSpecification = .long, help: ArgumentHelp)
  where Value == Item? {
    self.init(name: name, help: help, transform: Item.parse)
  }

  /// Values, one for each time that the option is given.
  init<Item: TypedValue>(
    wrappedValue: [Item], name: NameSpecification = .long, help: ArgumentHelp
  ) where Value == [Item] {
    self.init(wrappedValue: wrappedValue, name: name, help: help, transform: Item.parse)
  }
}

/// A number as people type it: the parser's own reading of numbers does not say what it expects.
protocol TypedNumber: TypedValue {}

extension Option where Value: TypedNumber {
  /// A number with a default.
  init(wrappedValue: Value, name: NameSpecification = .long, number help: ArgumentHelp) {
    self.init(
      wrappedValue: wrappedValue, name: name, help: help.naming(default: wrappedValue),
      transform: Value.parse)
  }

  /// A number that must be given.
  init(name: NameSpecification = .long, number help: ArgumentHelp) {
    self.init(name: name, help: help, transform: Value.parse)
  }
}

extension Option {
  /// A number that may be left out.
  init<Item: TypedNumber>(name: NameSpecification = .long, number help: ArgumentHelp)
  where Value == Item? {
    self.init(name: name, help: help, transform: Item.parse)
  }
}
