import Storage
import Testing

/// A small text with its tokenizer, data and run, made by the program once for all tests.
enum Workshop {
  /// Where `text.txt`, `tokenizer`, `data` and `run` lie.
  static func folder() throws -> TemporaryFolder { try made.get() }

  private static let made = Result<TemporaryFolder, Failure> { () throws(Failure) in
    do {
      return try make()
    } catch {
      throw error as? Failure ?? Failure(reason: "\(error)")
    }
  }

  struct Failure: Error {
    let reason: String
  }

  private static let names = ["Mara", "Tobin", "Ada", "Gideon", "Nell", "Ivy", "Bram"]
  private static let things = ["boat", "lamp", "letter", "map", "fiddle", "stone", "bell"]

  /// Sentences enough for a vocabulary of 400 and a few contexts.
  static let text = (0..<600).map(sentence).joined()

  private static func sentence(_ index: Int) -> String {
    let giver = names[index * 3 % 7]
    let taker = names[(index * 5 + index / 7) % 7]
    let thing = things[(index / 3 + index) % 7]
    let thanks = index.isMultiple(of: 5) ? "\"Thank you,\" said \(taker).\n" : ""
    return "\(giver) found the \(thing) and gave it to \(taker). \(thanks)"
  }

  private static func make() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.write(text, to: "text.txt")
    for arguments in [
      ["tokenizer", "train", folder("text.txt"), "--vocab-size", "400", "-o", folder("tokenizer")],
      [
        "data", "pack", folder("text.txt"), "--tokenizer", folder("tokenizer"), "-o",
        folder("data"),
      ],
      [
        "pretrain", "--data", folder("data"), "-o", folder("run"), "--depth", "2", "--width", "32",
        "--heads", "2", "--context", "32", "--batch", "8", "--steps", "60", "--save-every", "30",
        "--learning-rate", "0.005", "--seed", "1", "--quiet",
      ],
    ] {
      let result = try Program.run(arguments)
      guard result.status == 0 else { throw Failure(reason: "\(arguments): \(result.errors)") }
    }
    return folder
  }
}
